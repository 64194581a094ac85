// Starts the page: follows the server, lays out the chats in columns, and wires the buttons of the bar.
import { el } from "./dom.js";
import { follow, post } from "./api.js";
import { choices, store } from "./store.js";
import { renderPeople } from "./people.js";
import { groupForm, personForm, resetAll } from "./forms.js";
import { toast } from "./overlays.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { readRoute, writeRoute } from "./route.js";
import { switchTheme } from "./themes.js";

const byId = (id) => document.getElementById(id);
const nodes = { people: byId("people"), panes: byId("panes"), split: byId("split"), panel: byId("drawer"), lost: byId("lost"), notice: byId("notice") };
const narrow = matchMedia("(max-width: 860px)");
const maxColumns = 4;

const panes = new Map(); // key → Pane; kept when hidden, so drafts survive a switch
const view = { columns: [], focus: null, panel: null };
/** Whom to show as soon as the stream tells of them: {key, beside}. */
let arriving = null;

const shown = () => (narrow.matches ? [view.focus] : view.columns);
const order = () => store.seats().map((seat) => seat.key);
const sorted = (keys) => { const all = order(); return keys.sort((a, b) => all.indexOf(a) - all.indexOf(b)); };

/** Points the columns at chats that exist, at least one. */
function settle() {
  view.columns = [...new Set(view.columns)].filter((key) => store.person(key)).slice(0, maxColumns);
  if (view.columns.length === 0) view.columns = order().slice(0, 1);
  if (!view.columns.includes(view.focus)) view.focus = view.columns[0] ?? null;
}

function layout() {
  if (!store.loaded) return;
  settle();
  if (view.columns.length === 0) { nodes.panes.replaceChildren(nobody()); drawPeople(); return; }
  for (const [key, pane] of panes) if (!store.person(key)) { panes.delete(key); pane.node.remove(); }
  for (const key of shown()) if (!panes.has(key)) panes.set(key, new Pane(key, { onFocus: () => focusOn(key) }));
  const list = shown().map((key) => panes.get(key));
  if (list.length !== nodes.panes.children.length || list.some((p, i) => nodes.panes.children[i] !== p.node)) {
    nodes.panes.replaceChildren(...list.map((p) => p.node));
    for (const pane of list) { pane.render(); pane.toBottom(false); pane.scrolled(); }
  }
  nodes.panes.classList.toggle("two", list.length > 1);
  nodes.split.setAttribute("aria-pressed", String(view.columns.length > 1));
  drawPeople();
  remember();
}

const nobody = () => el("div", { class: "nobody" }, el("p", {}, "Nobody is here."), el("button", { type: "button", class: "start", onclick: addPerson }, "Add a person"));

function remember() {
  choices.set("columns", view.columns);
  choices.set("panel", view.panel);
  writeRoute(view);
}

function drawPeople() {
  const columns = shown().length;
  for (const [key, pane] of panes) pane.node.classList.toggle("focused", columns > 1 && key === view.focus);
  renderPeople(nodes.people, {
    shown: shown(), focused: view.focus, choose, beside, narrow: narrow.matches, add: addPerson, gather: addGroup,
    renew: (key, id) => { arriving = { key: id, beside: false, instead: key }; arrive(); },
  });
}

function focusOn(key) {
  if (view.focus === key) return;
  view.focus = key;
  drawPeople();
  remember();
}

function choose(key) {
  if (!view.columns.includes(key)) view.columns = view.columns.map((k) => (k === view.focus ? key : k));
  view.focus = key;
  layout();
  if (!narrow.matches) panes.get(key)?.composer.input.focus();
}

/** Opens a chat in a column of its own, or closes its column. */
function beside(key) {
  if (!view.columns.includes(key) && view.columns.length >= maxColumns) { toast(`At most ${maxColumns} chats side by side.`); return; }
  if (!view.columns.includes(key)) { view.columns.push(key); view.focus = key; } else if (view.columns.length > 1) view.columns = view.columns.filter((k) => k !== key);
  layout();
}

function splitView() {
  const next = order().find((key) => !view.columns.includes(key));
  if (view.columns.length > 1) { view.columns = [view.focus]; layout(); } else if (next === undefined) addPerson(true);
  else { view.columns = sorted([...view.columns, next]); layout(); }
}

function addPerson(apart) {
  personForm(store.people.size, async (person) => {
    const { id } = await post("/people", person);
    arriving = { key: id, beside: apart === true };
    arrive();
  });
}

function addGroup() {
  groupForm([...store.people.values()], async (group) => {
    const { id } = await post("/groups", group);
    arriving = { key: `${id}:${group.people[0]}`, beside: false };
    arrive();
  });
}

function arrive() {
  if (!arriving || !store.person(arriving.key)) return;
  const { key, beside: apart, instead } = arriving;
  arriving = null;
  if (instead !== undefined) { view.columns = view.columns.map((k) => (k === instead ? key : k)); layout(); return; }
  if (apart) beside(key); else choose(key);
}

const panel = new Panel(nodes.panel, {
  onShow: (tab) => {
    view.panel = tab;
    for (const button of document.querySelectorAll("[data-panel]")) button.setAttribute("aria-expanded", String(button.dataset.panel === tab));
    if (store.loaded) remember();
  },
  goTo: (chat, message) => {
    const key = chat < 0 ? store.seatsIn(chat)[0]?.key : chat;
    if (!store.person(key)) { toast("That chat is not here."); return; }
    choose(key);
    if (narrow.matches) panel.show(null);
    panes.get(key).jump(message);
  },
});

/** Saves a chat as a script for tests. */
function exportChat(key) {
  const { id, chat } = store.person(key);
  el("a", { href: `/play/api/transcript?person=${id}&chat=${chat}`, download: "" }).click();
}

function shortcut(e) {
  if (!e.altKey || e.ctrlKey || e.metaKey) return;
  const act = { KeyE: () => view.focus !== null && exportChat(view.focus), KeyC: () => panel.toggle("calls"), KeyF: () => panel.toggle("faults"), KeyU: () => panel.toggle("updates") }[e.code];
  const nth = /^Digit([1-9])$/.exec(e.code)?.[1];
  if (act) act();
  else if (nth && order()[nth - 1] !== undefined) choose(order()[nth - 1]);
  else return;
  e.preventDefault();
}

function takeRoute(first) {
  const asked = readRoute();
  view.columns = asked.columns ?? (first ? choices.get("columns", []) : view.columns);
  view.focus = asked.focus ?? view.focus;
  if (first || asked.panel !== view.panel) panel.show(asked.panel ?? (first && !location.hash && !narrow.matches ? choices.get("panel", null) : null));
  layout();
}

function titleOf() {
  const unread = store.unread();
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${store.bot.name} · playground`;
}

nodes.split.addEventListener("click", splitView);
for (const button of document.querySelectorAll("[data-panel]")) button.addEventListener("click", () => panel.toggle(button.dataset.panel));
byId("export").addEventListener("click", () => view.focus !== null && exportChat(view.focus));
byId("reset").addEventListener("click", resetAll);
byId("theme").addEventListener("click", switchTheme);
narrow.addEventListener("change", layout);
addEventListener("keydown", shortcut);
addEventListener("hashchange", () => takeRoute(false));
document.addEventListener("visibilitychange", () => { for (const key of shown()) panes.get(key)?.scrolled(); });

store.addEventListener("change", ({ detail: { what, person } }) => {
  if (what === "all") {
    nodes.notice.textContent = store.notice;
    layout();
    arrive();
    for (const pane of panes.values()) pane.soon();
  }
  if (what === "people") drawPeople();
  if (what === "chat") panes.get(person)?.soon();
  if (what === "panel") panel.soon();
  titleOf();
});

takeRoute(true);
follow({
  onState: (state) => store.reset(state),
  onEvent: (event) => store.apply(event),
  onLink: (up) => {
    nodes.lost.replaceChildren(...(up ? [] : [el("span", { class: "spinner" }), "Connection lost. Reconnecting…"]));
    document.body.classList.toggle("offline", !up);
  },
});

