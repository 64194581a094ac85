// The list of people beside the chats; on a phone it is a row of tabs.
import { avatar, el, icon, timeOf } from "./dom.js";
import { store } from "./store.js";

/** Draws the list. shown: ids on the screen; focused: the one that a press replaces. */
export function renderPeople(node, { shown, focused, choose, add }) {
  const rows = [...store.people.values()].map((person) => personRow(person, shown.includes(person.id), person.id === focused, choose));
  const plus = el("button", { type: "button", class: "person add", onclick: add },
    el("span", { class: "avatar plus" }, icon("add")), el("span", { class: "person-text" }, el("b", {}, "Add person")));
  const focusAt = [...node.children].indexOf(document.activeElement);
  node.replaceChildren(el("h2", { class: "people-title" }, "People"), ...rows, plus);
  if (focusAt >= 0) node.children[focusAt]?.focus();
}

function personRow(person, shown, focused, choose) {
  const last = [...person.messages.values()].filter((m) => !m.deleted).at(-1);
  return el("button", {
    type: "button", class: `person ${shown ? "shown" : ""} ${focused ? "focused" : ""}`, "aria-current": focused ? "true" : null,
    "aria-label": `${person.name}${person.unread ? `, ${person.unread} unread` : ""}`, onclick: () => choose(person.id),
  },
  avatar(person.name, person.id),
  el("span", { class: "person-text" },
    el("span", { class: "person-line" }, el("b", {}, person.name), last && el("time", {}, timeOf(last.date))),
    el("span", { class: "person-line" }, el("span", { class: "snippet" }, last ? snippet(last) : "No messages yet"),
      person.unread > 0 && el("span", { class: "badge" }, String(person.unread)))));
}

function snippet(m) {
  const what = m.text || (m.photo && "Photo") || (m.document && m.document.name) || (m.invoice && m.invoice.title) || m.service || m.other || (m.sticker && `${m.sticker} Sticker`) || (m.voice && "Voice message") || (m.location && "Location") || "Message";
  return (m.out ? "You: " : "") + what.replace(/\s+/g, " ").slice(0, 80);
}
