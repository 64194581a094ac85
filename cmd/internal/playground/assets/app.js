// Starts the page: follows the server, lays out one or two chats, and wires the buttons of the bar.
import { el } from "./dom.js";
import { follow, post } from "./api.js";
import { choices, store } from "./store.js";
import { renderPeople } from "./people.js";
import { personForm } from "./overlays.js";
import { Pane } from "./pane.js";
import { Calls } from "./calls.js";

const byId = (id) => document.getElementById(id);
const nodes = { people: byId("people"), panes: byId("panes"), split: byId("split"), calls: byId("calls"), lost: byId("lost"), notice: byId("notice") };
const narrow = matchMedia("(max-width: 860px)");

const panes = new Map(); // person id → Pane; kept when hidden, so drafts survive a switch
const view = { left: choices.get("left", null), right: choices.get("right", null), split: choices.get("split", false), focus: "left" };

const isSplit = () => view.split && !narrow.matches && view.right !== null;
const shown = () => (isSplit() ? [view.left, view.right] : [narrow.matches && view.focus === "right" ? view.right : view.left]);
const focused = () => (view.focus === "right" && (isSplit() || narrow.matches) ? view.right : view.left);

/** Points left and right at people who exist, and at two different ones. */
function settle() {
  const ids = [...store.people.keys()];
  if (!store.people.has(view.left)) view.left = ids[0] ?? null;
  if (!store.people.has(view.right) || view.right === view.left) view.right = ids.find((id) => id !== view.left) ?? null;
  if (view.right === null) view.focus = "left";
  for (const name of ["left", "right", "split"]) choices.set(name, view[name]);
}

function layout() {
  settle();
  const wanted = shown().filter((id) => id !== null);
  for (const id of wanted) if (!panes.has(id)) panes.set(id, new Pane(id, { onFocus: () => focusOn(id) }));
  const list = wanted.map((id) => panes.get(id));
  if (list.length !== nodes.panes.children.length || list.some((p, i) => nodes.panes.children[i] !== p.node)) {
    nodes.panes.replaceChildren(...list.map((p) => p.node));
    for (const pane of list) { pane.render(); pane.toBottom(false); pane.scrolled(); }
  }
  nodes.panes.classList.toggle("two", isSplit());
  nodes.split.setAttribute("aria-pressed", String(isSplit()));
  drawPeople();
}

function drawPeople() {
  for (const [id, pane] of panes) pane.node.classList.toggle("focused", isSplit() && id === focused());
  renderPeople(nodes.people, { shown: shown(), focused: focused(), choose, add: addPerson });
}

function focusOn(id) {
  const side = id === view.right ? "right" : "left";
  if (view.focus === side || !isSplit()) return;
  view.focus = side;
  drawPeople();
}

function choose(id) {
  if (isSplit() && shown().includes(id)) view.focus = id === view.right ? "right" : "left";
  else if (isSplit()) view[view.focus] = id;
  else { if (view.right === id) view.right = view.left; view.left = id; view.focus = "left"; }
  layout();
  if (!narrow.matches) panes.get(focused())?.composer.input.focus();
}

function addPerson() {
  personForm(store.people.size, async (person) => {
    const { id } = await post("/people", person);
    if (view.split && view.right === null) view.right = id;
    arriving = id;
    if (store.people.has(id)) welcome();
  });
}

/** The person just added, shown as soon as the stream tells of them. */
let arriving = null;

function welcome() {
  const id = arriving;
  arriving = null;
  if (isSplit()) view[view.focus === "left" ? "right" : view.focus] = id;
  choose(id);
}

function splitView() {
  view.split = !view.split;
  view.focus = "left";
  const order = [...store.people.keys()];
  if (view.split && view.right !== null && order.indexOf(view.right) < order.indexOf(view.left)) [view.left, view.right] = [view.right, view.left];
  layout();
  if (view.split && view.right === null) addPerson();
}

function toggleCalls() {
  const open = byId("drawer").hidden;
  drawer.show(open);
  nodes.calls.setAttribute("aria-expanded", String(open));
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("play.theme", root.dataset.theme);
}

function titleOf() {
  const unread = [...store.people.values()].reduce((sum, p) => sum + p.unread, 0);
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${store.bot.name} · playground`;
}

const drawer = new Calls(byId("drawer"), toggleCalls);
nodes.split.addEventListener("click", splitView);
nodes.calls.addEventListener("click", toggleCalls);
byId("theme").addEventListener("click", switchTheme);
narrow.addEventListener("change", layout);
document.addEventListener("visibilitychange", () => { for (const id of shown()) panes.get(id)?.scrolled(); });

store.addEventListener("change", ({ detail: { what, person } }) => {
  if (what === "all") {
    nodes.notice.textContent = store.notice;
    if (arriving !== null && store.people.has(arriving)) welcome(); else layout();
    for (const pane of panes.values()) pane.soon();
  }
  if (what === "people") drawPeople();
  if (what === "chat") panes.get(person)?.soon();
  titleOf();
});

follow({
  onState: (state) => store.reset(state),
  onEvent: (event) => store.apply(event),
  onLink: (up) => nodes.lost.replaceChildren(...(up ? [] : [el("span", { class: "spinner" }), "Connection lost. Reconnecting…"])),
});
