// Keyboards: the inline buttons under a message and the reply keyboard below the chat.
import { el, icon } from "./dom.js";

const marks = { url: "link", pay: "star", web_app: "app", copy: "copy", inline: "forward", inline_here: "forward" };
const spokenKinds = { url: "opens a link", copy: "copies a text", web_app: "opens an app", inline: "inline mode", inline_here: "inline mode" };

export function inlineKeyboard(m, actions) {
  if (!m.keyboard?.length) return null;
  return el("div", { class: "keyboard", role: "group", "aria-label": "Buttons" }, m.keyboard.map((line) =>
    el("div", { class: "keys" }, line.map((key) => keyOf(m, key, actions)))));
}

function keyOf(m, key, actions) {
  const busy = actions.pressing.has(`${m.id}:${key.kind}:${key.value}`);
  return el("button", {
    type: "button", class: `key ${key.style ?? ""} ${busy ? "busy" : ""}`, "aria-busy": String(busy), title: spokenKinds[key.kind], onclick: () => actions.press(m, key),
  }, el("span", {}, key.text), marks[key.kind] && icon(marks[key.kind], "mark"));
}

const panelMarks = { contact: "contact", location: "pin", poll: "poll", web_app: "app" };

/** The keys that the bot has put below the chat. press(key) */
export function replyKeyboard(panel, press) {
  return el("div", { class: `reply-keys ${panel.resize ? "" : "tall"}`, role: "group", "aria-label": "Keyboard of the bot" }, panel.rows.map((line) =>
    el("div", { class: "keys" }, line.map((key) => el("button", { type: "button", class: `reply-key ${key.style ?? ""}`, onclick: () => press(key) },
      el("span", {}, key.text), panelMarks[key.kind] && icon(panelMarks[key.kind], "mark"))))));
}
