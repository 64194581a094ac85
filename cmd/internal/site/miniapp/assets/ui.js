// What every view is made of: toasts, dialogs, choices, errors with a way on, and the one button that acts.
import { back, haptic, mainButton, native, on } from "./bridge.js";
import { Refusal } from "./api.js";
import { button, el, hiddenText, icon } from "./dom.js";
import { t } from "./text.js";

const live = document.querySelector("#toasts");

/** A line that says what happened, and goes. action: { label, run } keeps it longer. Returns what takes it away. */
export function toast(text, { bad = false, action = null, ms = action ? 6000 : bad ? 5000 : 2600 } = {}) {
  const node = el("div", { class: `toast ${bad ? "bad" : ""}` }, el("span", {}, text), action && button(action.label, () => { gone(); action.run(); }, "plain"));
  const timer = setTimeout(gone, ms);
  function gone() { clearTimeout(timer); node.remove(); }
  live.append(node);
  while (live.children.length > 3) live.firstChild.remove();
  return gone;
}

/** Says why something did not work. */
export function complain(e) {
  if (e.name === "AbortError") return;
  if (!(e instanceof Refusal)) reportError(e);
  haptic("error");
  toast(e instanceof Refusal ? e.message : t("error.any"), { bad: true });
}

/** The same as a part of the page, with a way to try again. */
export function problem(e, again) {
  if (!(e instanceof Refusal)) reportError(e);
  return el("div", { class: "problem", role: "alert" }, icon(e.code === "offline" ? "offline" : "alert"), el("p", {}, e instanceof Refusal ? e.message : t("error.any")), again && button(t("retry"), again, "soft"));
}

/** Runs a deed for a button that cannot be pressed again before it has ended. */
export async function once(node, deed) {
  if (node.ariaBusy === "true") return undefined;
  node.ariaBusy = "true";
  try { return await deed(); } catch (e) { complain(e); return undefined; } finally { node.ariaBusy = null; }
}

const open = []; // dialogs, the last on top

/** Shows a dialog and resolves to what was chosen, null for nothing. */
function dialog(title, ...content) {
  const heading = el("h2", { id: `dialog-${open.length}` }, title);
  const box = el("dialog", { class: "sheet", "aria-labelledby": heading.id }, heading, ...content);
  box.addEventListener("click", (e) => { if (e.target === box) box.close(); });
  box.choose = (value) => { box.returnValue = value; box.close(value); };
  document.body.append(box);
  open.push(box);
  box.showModal();
  back(true);
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      open.splice(open.indexOf(box), 1);
      box.remove();
      back(open.length > 0 || !atRoot);
      resolve(box.returnValue || null);
    });
  });
}

let atRoot = true;
/** Says whether there is a view to go back to. */
export function setRoot(root) { atRoot = root; back(!root); }

/** Closes the dialog on top, if there is one. */
export function closeTop() {
  open.at(-1)?.close();
  return open.length > 0;
}

export function closeAll() { for (const box of [...open]) box.close(); }

/** Asks; tick is what has to be ticked before yes can be pressed. */
export async function confirm({ title, text, yes, danger = false, tick = "" }) {
  const agreed = button(yes, (e) => e.target.closest("dialog").choose("yes"), danger ? "danger" : "");
  agreed.disabled = Boolean(tick);
  const box = tick && el("label", { class: "tick" }, el("input", { type: "checkbox", onchange: (e) => { agreed.disabled = !e.target.checked; } }), tick);
  return await dialog(title, ...[text].flat().map((part) => (part instanceof Node ? part : el("p", {}, part))), box,
    el("div", { class: "actions" }, button(t("no"), (e) => e.target.closest("dialog").close(), "soft"), agreed)) === "yes";
}

/** Asks which of these; all: [[value, label, symbol], …] */
export const pick = (title, all) => dialog(title, el("div", { class: "menu" },
  all.map(([value, label, symbol]) => button(label, (e) => e.target.closest("dialog").choose(value), "plain", symbol))));

/** One of several, as buttons: all: [[value, label or node], …] */
export function chips(label, all, value, choose, cls = "") {
  const name = `chips-${crypto.randomUUID()}`;
  return el("fieldset", { class: `chips ${cls}` }, el("legend", {}, label), el("div", { class: "chip-row" }, all.map(([v, text]) => el("label", { class: "chip" },
    el("input", { type: "radio", name, value: String(v), checked: v === value, onchange: () => { haptic("tap"); choose(v); } }), el("span", {}, text)))));
}

export const select = (label, all, value, choose) => el("label", { class: "row" }, el("span", {}, label),
  el("select", { onchange: (e) => choose(e.target.value) }, all.map(([v, text]) => el("option", { value: v, selected: v === value }, text))));

export const toggle = (label, about, value, choose) => el("label", { class: "row" }, el("span", {}, label, about && el("small", {}, about)),
  el("input", { type: "checkbox", role: "switch", class: "switch", checked: value, onchange: (e) => choose(e.target.checked, e.target) }));

export const skeletons = (n, cls) => Array.from({ length: n }, () => el("div", { class: `skeleton ${cls}`, "aria-hidden": "true" }));

export const loading = () => el("div", { class: "loading", role: "status" }, hiddenText(t("loading")), skeletons(4, "line"));

/** Fetches what comes in pages as the reader nears the end: load() resolves to whether there is more. */
export function endless(load, signal) {
  const end = el("div", { class: "end" });
  let busy = false;
  let more = true;
  const near = () => end.isConnected && end.getBoundingClientRect().top < innerHeight * 2;
  async function run() {
    if (busy || !more) return;
    busy = true;
    end.replaceChildren();
    try {
      do more = await load(); while (more && near() && !signal?.aborted);
    } catch (e) {
      if (e.name !== "AbortError") end.replaceChildren(problem(e, run));
    } finally { busy = false; }
  }
  const eye = new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) void run(); }, { rootMargin: "100% 0px" });
  eye.observe(end);
  signal?.addEventListener("abort", () => eye.disconnect());
  return { end, again: () => { more = true; return run(); } };
}

let pressMain = null;
on("main_button_pressed", () => pressMain?.());

/** What a view is for, as one button: Telegram's own below the page, or one of ours. */
export function mainAction(press, signal) {
  const node = el("button", { type: "button", class: "button main-action", hidden: native, onclick: press });
  if (native) {
    pressMain = press;
    signal.addEventListener("abort", () => { if (pressMain === press) { pressMain = null; mainButton({ is_visible: false }); } });
  }
  return {
    node,
    set({ text, enabled = true, busy = false }) {
      if (signal.aborted) return;
      node.replaceChildren(text);
      node.disabled = !enabled;
      node.ariaBusy = busy ? "true" : null;
      if (native) mainButton({ is_visible: true, is_active: enabled && !busy, is_progress_visible: busy, text });
    },
  };
}

export async function copy(text, said) {
  try { await navigator.clipboard.writeText(text); } catch {
    const field = el("textarea", { class: "hidden-text", value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  haptic("success");
  toast(said);
}
