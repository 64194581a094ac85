// The list of people and groups beside the chats; on a phone it is a row of tabs.
import { avatar, el, icon, iconButton, timeOf } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { linkForm, resetOne } from "./forms.js";
import { menu, toast } from "./overlays.js";

/**
 * Draws the list. shown: keys on the screen; focused: the one that a press replaces. view also has choose(key),
 * beside(key), add(), gather(), renew(key, id) and narrow.
 */
export function renderPeople(node, view) {
  const people = [...store.people.values()].map((seat) => personRow(seat, view));
  const groups = [...store.groups.values()].filter((g) => store.seatsIn(g.id).length > 0).map((g) => groupRow(g, view));
  const focusAt = [...node.querySelectorAll("button")].indexOf(document.activeElement);
  node.replaceChildren(
    el("h2", { class: "people-title" }, "People"), ...people, plus("Add person", view.add),
    el("h2", { class: "people-title" }, "Groups"), ...groups, plus("New group", view.gather));
  if (focusAt >= 0) node.querySelectorAll("button")[focusAt]?.focus();
}

const plus = (text, onclick) => el("button", { type: "button", class: "person add", onclick },
  el("span", { class: "avatar plus" }, icon("add")), el("span", { class: "person-text" }, el("b", {}, text)));

function personRow(seat, view) {
  return row(seat, view, { title: seat.name, face: avatar(seat.name, seat.id), last: lastOf(seat), unread: seat.unread, items: personItems(seat, view) });
}

function groupRow(group, view) {
  const seats = store.seatsIn(group.id);
  const seat = seats.find((s) => s.key === view.focused) ?? seats.find((s) => view.shown.includes(s.key)) ?? seats[0];
  const node = row(seat, view, { title: group.title, face: avatar(group.title, group.id, "square"), last: lastOf(seat), unread: Math.max(...seats.map((s) => s.unread)), items: groupItems(group, seat, view) });
  node.append(el("div", { class: "speakers", role: "group", "aria-label": `Speak in ${group.title} as` }, seats.map((s) => el("button", {
    type: "button", class: view.shown.includes(s.key) ? "on" : "", title: `Speak as ${s.name}`, "aria-label": `Speak as ${s.name} in ${group.title}`, onclick: () => view.choose(s.key),
  }, avatar(s.name, s.id, "tiny")))));
  return node;
}

function row(seat, view, { title, face, last, unread, items }) {
  const [shown, focused] = [view.shown.includes(seat.key), seat.key === view.focused];
  const more = iconButton("more", `More about ${title}`, () => menu(more, items), "tight row-more");
  more.setAttribute("aria-haspopup", "menu");
  return el("div", { class: `person-row ${shown ? "shown" : ""} ${focused ? "focused" : ""}` },
    el("button", {
      type: "button", class: `person ${shown ? "shown" : ""} ${focused ? "focused" : ""}`, "aria-current": focused ? "true" : null,
      title: seat.chat ? null : `★ ${seat.stars.toLocaleString()}${seat.premium ? ", Premium" : ""}`,
      "aria-label": `${title}${unread ? `, ${unread} unread` : ""}`, onclick: () => view.choose(seat.key),
    },
    face,
    el("span", { class: "person-text" },
      el("span", { class: "person-line" }, el("b", {}, title), seat.premium && !seat.chat && icon("star", "premium"), last && el("time", {}, timeOf(last.date))),
      el("span", { class: "person-line" }, el("span", { class: "snippet" }, seat.blocked ? "blocked the bot" : last ? snippet(last, seat) : "No messages yet"),
        unread > 0 && el("span", { class: "badge" }, String(unread))))),
    more);
}

function personItems(seat, view) {
  return [
    column(seat, view),
    { icon: "link", text: "Open a link…", run: () => linkForm(seat) },
    exported(seat),
    seat.blocked
      ? { icon: "check", text: "Unblock the bot", run: () => act("unblock", { person: seat.id }) }
      : { icon: "close", text: "Block the bot", run: () => act("block", { person: seat.id }) },
    { icon: "again", text: "Start over as somebody new…", danger: true, run: () => resetOne(seat, (id) => view.renew(seat.key, id)) },
  ];
}

function groupItems(group, seat, view) {
  const outside = [...store.people.values()].filter((p) => !group.members.includes(p.id));
  const change = (body) => act("members", { person: seat.id, chat: group.id, ...body });
  return [
    column(seat, view),
    { icon: "link", text: "Open a link…", run: () => linkForm(seat) },
    exported(seat),
    group.bot ? { icon: "close", text: "Remove the bot", run: () => change({ in: false }) } : { icon: "check", text: "Add the bot", run: () => change({ in: true }) },
    ...outside.map((p) => ({ icon: "add", text: `Add ${p.name}`, run: () => change({ member: p.id, in: true }) })),
    group.members.length > 1 && { icon: "close", text: `${seat.name} leaves`, danger: true, run: () => change({ member: seat.id, in: false }) },
  ];
}

const column = (seat, view) => !view.narrow && (view.shown.includes(seat.key)
  ? view.shown.length > 1 && { icon: "close", text: "Close this column", run: () => view.beside(seat.key) }
  : { icon: "split", text: "Open beside", run: () => view.beside(seat.key) });

const exported = (seat) => ({ icon: "save", text: "Export as a test (Alt+E)", run: () => el("a", { href: `/play/api/transcript?person=${seat.id}&chat=${seat.chat}`, download: "" }).click() });

async function act(path, body) {
  try { await post(`/${path}`, body); } catch (problem) { toast(problem.message, "bad"); }
}

const lastOf = (seat) => [...seat.messages.values()].filter((m) => !m.deleted).at(-1);

/** What stands for a message without words; the first that it has. */
const shapes = { photo: "Photo", video: "Video", animation: "GIF", audio: "Music", voice: "Voice message", note: "Video message", poll: "Poll", location: "Location", venue: "Place", contact: "Contact", dice: "Dice" };

function snippet(m, seat) {
  const shape = Object.keys(shapes).find((name) => m[name]);
  const what = m.text || m.service || m.document?.name || m.invoice?.title || (m.sticker && "Sticker") || shapes[shape] || m.other || "Message";
  const who = m.out ? "You: " : seat.chat && m.from ? `${m.from}: ` : "";
  return who + what.replace(/\s+/g, " ").slice(0, 80);
}
