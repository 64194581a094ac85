// Things above the page: an enlarged picture, short notices, alerts, and the form for a new person.
import { el, icon, iconButton } from "./dom.js";
import { fileURL } from "./api.js";

/** Opens a native modal dialog that removes itself; Escape and a press beside it close it. */
function modal(cls, label, ...children) {
  const box = el("dialog", { class: cls, "aria-label": label }, ...children);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (e) => { if (e.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

export function showPicture(photo, caption) {
  const image = el("img", { src: fileURL(photo.file), alt: caption ? `Picture: ${caption}` : "Picture" });
  const box = modal("lightbox", "Picture", el("figure", {}, image, caption && el("figcaption", {}, caption)),
    el("div", { class: "lightbox-tools" },
      el("a", { class: "pill", href: fileURL(photo.file, true), download: "" }, "Download"),
      iconButton("close", "Close", () => box.close())));
  image.addEventListener("click", () => box.close());
}

/** A short notice, as answerCallbackQuery shows without show_alert. */
export function toast(text, kind = "") {
  const node = el("div", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.classList.add("gone"), 3600);
  setTimeout(() => node.remove(), 4000);
}

/** A notice that waits for its OK, as answerCallbackQuery shows with show_alert. */
export function alertBox(title, text) {
  const box = modal("card", title, el("h2", {}, title), el("p", {}, text),
    el("div", { class: "card-actions" }, el("button", { type: "button", class: "primary", onclick: () => box.close() }, "OK")));
}

const languages = [["en", "English"], ["de", "Deutsch"], ["es", "Español"], ["fr", "Français"], ["it", "Italiano"], ["pt", "Português"],
  ["ru", "Русский"], ["uk", "Українська"], ["ar", "العربية"], ["fa", "فارسی"], ["zh", "中文"], ["ja", "日本語"]];

const names = ["Ada", "Boris", "Carmen", "Dmitri", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas"];

/** Asks for a name and a language; onDone({first_name, last_name, language_code}) may throw to show its reason. */
export function personForm(count, onDone) {
  const name = el("input", { id: "person-name", required: true, maxlength: "64", autocomplete: "off", value: names[count % names.length] });
  const language = el("select", { id: "person-language" }, languages.map(([code, text]) => el("option", { value: code }, `${text} (${code})`)));
  const wrong = el("p", { class: "wrong", role: "alert" });
  const form = el("form", { method: "dialog" },
    el("h2", {}, "Add a person"),
    el("p", { class: "dim" }, "Someone else with their own private chat. Use it to try the bot in another language, or to pair two people."),
    el("label", { for: "person-name" }, "Name"), name,
    el("label", { for: "person-language" }, "Language of their Telegram"), language, wrong,
    el("div", { class: "card-actions" },
      el("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Cancel"),
      el("button", { type: "submit", class: "primary" }, "Add")));
  const box = modal("card", "Add a person", form);
  name.select();
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const [first, ...rest] = name.value.trim().split(/\s+/);
    try {
      await onDone({ first_name: first, last_name: rest.join(" "), language_code: language.value });
      box.close();
    } catch (problem) { wrong.textContent = problem.message; }
  });
}

/** Opens a menu under or above its button. items: [{icon, text, run, danger}] */
export function menu(button, items) {
  const list = el("div", { class: "menu", role: "menu", popover: "auto" });
  list.append(...items.map((item) => {
    const entry = el("button", { type: "button", role: "menuitem", class: item.danger ? "danger" : "" }, icon(item.icon), item.text);
    entry.addEventListener("click", () => { list.hidePopover(); item.run(); });
    return entry;
  }));
  list.addEventListener("toggle", (e) => { if (e.newState === "closed") { list.remove(); button.setAttribute("aria-expanded", "false"); } });
  list.addEventListener("keydown", (e) => moveIn(list, e));
  document.body.append(list);
  list.showPopover();
  place(list, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  list.firstElementChild?.focus();
}

function moveIn(list, e) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  const entries = [...list.children];
  const at = entries.indexOf(document.activeElement);
  entries[(at + step + entries.length) % entries.length].focus();
}

function place(list, anchor) {
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = anchor.bottom + height + 8 < innerHeight;
  list.style.top = `${below ? anchor.bottom + 6 : anchor.top - height - 6}px`;
  list.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`;
}
