// The dialogs about people: somebody new, a group, a deep link, and starting over.
import { avatar, el } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { confirmBox, modal, toast } from "./overlays.js";

const languages = [["en", "English"], ["de", "Deutsch"], ["es", "Español"], ["ru", "Русский"], ["tr", "Türkçe"]];
const names = ["Ada", "Boris", "Carmen", "Dmitri", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas"];

/** A dialog with a form. onDone() may throw to show its reason. */
function formBox(title, text, action, fields, onDone) {
  const wrong = el("p", { class: "wrong", role: "alert" });
  const form = el("form", { method: "dialog" }, el("h2", {}, title), text && el("p", { class: "dim" }, text), fields, wrong,
    el("div", { class: "card-actions" },
      el("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Cancel"), el("button", { type: "submit", class: "primary" }, action)));
  const box = modal("card", title, form);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    try { await onDone(); box.close(); } catch (problem) { wrong.textContent = problem.message; }
  });
  form.querySelector("input:not([type=checkbox])")?.select();
}

/** Asks for somebody new; onDone gets the body of POST /people. */
export function personForm(count, onDone) {
  const name = el("input", { id: "person-name", required: true, maxlength: "64", autocomplete: "off", value: names[count % names.length] });
  const language = el("select", { id: "person-language" }, languages.map(([code, text]) => el("option", { value: code }, `${text} (${code})`)), el("option", { value: "" }, "Another one…"));
  const tag = el("input", { id: "person-tag", maxlength: "16", autocomplete: "off", placeholder: "pt-br" });
  const other = el("div", { hidden: true }, el("label", { for: "person-tag" }, "Language tag, empty if their app does not tell"), tag);
  language.addEventListener("change", () => { other.hidden = language.value !== ""; });
  const stars = el("input", { id: "person-stars", type: "number", min: "0", max: "1000000", value: "2500", inputmode: "numeric" });
  const premium = el("input", { type: "checkbox" });
  formBox("Add a person", "Someone else with their own private chat. Use it to try the bot in another language, or to pair two people.", "Add", [
    el("label", { for: "person-name" }, "Name"), name,
    el("label", { for: "person-language" }, "Language of their Telegram"), language, other,
    el("label", { for: "person-stars" }, "Stars they have to spend"), stars,
    el("label", { class: "tick" }, premium, "Telegram Premium"),
  ], () => {
    const [first, ...rest] = name.value.trim().split(/\s+/);
    return onDone({ first_name: first, last_name: rest.join(" "), language_code: language.value || tag.value.trim(), stars: Number(stars.value), premium: premium.checked });
  });
}

/** Asks for a group; onDone gets the body of POST /groups. */
export function groupForm(people, onDone) {
  const title = el("input", { id: "group-title", required: true, maxlength: "128", autocomplete: "off", value: "Foxes" });
  const boxes = people.map((p) => { const box = el("input", { type: "checkbox", value: p.id }); box.checked = true; return el("label", { class: "tick" }, box, avatar(p.name, p.id, "tiny"), p.name); });
  formBox("Make a group", "The bot is in it too. With privacy mode on, as Telegram has it by default, it hears commands, mentions and replies only.", "Make it", [
    el("label", { for: "group-title" }, "Name"), title,
    el("fieldset", { class: "ticks-list" }, el("legend", {}, "Who is in it"), boxes),
  ], () => onDone({ title: title.value, people: boxes.map((b) => b.firstElementChild).filter((b) => b.checked).map((b) => Number(b.value)) }));
}

/** Asks for a deep link and opens it as somebody. */
export function linkForm(seat) {
  const link = el("input", { id: "deep-link", required: true, maxlength: "300", autocomplete: "off", value: `https://t.me/${store.bot.username}?start=` });
  formBox(`Open a link as ${seat.name}`, "A deep link starts the bot with what stands behind start=.", "Open", [el("label", { for: "deep-link" }, "Link to the bot"), link],
    () => post("/follow", { person: seat.id, chat: seat.chat, link: link.value }));
  const box = document.getElementById("deep-link");
  box.setSelectionRange(box.value.length, box.value.length);
}

/** Lets somebody new of the same name take a person's place; done(id) is told who. */
export async function resetOne(person, done) {
  const sure = await confirmBox(`Start ${person.name} over?`,
    `${person.name}'s account is deleted, and a new ${person.name} arrives with an empty chat. The bot takes them for a stranger; what it keeps of the old one stays with it.`, "Start over", true);
  if (!sure) return;
  try { done((await post("/reset", { person: person.id })).renewed[person.id]); } catch (problem) { toast(problem.message, "bad"); }
}

export async function resetAll() {
  const sure = await confirmBox("Start everybody over?",
    "All accounts are deleted, and new people with the same names arrive with empty chats. The bot's own memory stays; to clear that too, stop the program and delete its data folder.", "Start over", true);
  if (!sure) return;
  try { await post("/reset", {}); } catch (problem) { toast(problem.message, "bad"); }
}
