// The side panel: what the bot asked of the Bot API, which updates it got, and what is broken on purpose. It follows
// the event stream, and asks every other second too, because polling makes no events.
import { el, iconButton } from "./dom.js";
import { get } from "./api.js";
import { CallList } from "./calls.js";
import { UpdateList } from "./updates.js";
import { FaultBench } from "./faults.js";

const every = 2000;
const settle = 120;

export class Panel {
  /** onShow(tab or null) is told what is open; goTo(chat, message) shows a message. */
  constructor(node, { onShow, goTo }) {
    this.node = node;
    this.onShow = onShow;
    this.last = 0;
    this.tab = null;
    this.parts = { calls: new CallList(goTo), updates: new UpdateList(), faults: new FaultBench(() => this.refresh()) };
    const names = { calls: "API calls", updates: "Updates", faults: "Faults" };
    this.tabs = Object.entries(names).map(([tab, name]) => el("button", {
      type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `part-${tab}`, onclick: () => this.show(tab), onkeydown: (e) => this.step(e),
    }, name));
    for (const [tab, part] of Object.entries(this.parts)) {
      part.node.id = `part-${tab}`;
      part.node.setAttribute("role", "tabpanel");
      part.node.setAttribute("aria-labelledby", `tab-${tab}`);
    }
    node.append(
      el("header", { class: "drawer-head" }, el("div", { class: "tabs", role: "tablist", "aria-label": "Side panel" }, this.tabs), iconButton("close", "Close", () => this.show(null))),
      ...Object.values(this.parts).map((part) => part.node));
    // Escape closes it from inside, and from nowhere: a button that was pressed may be gone.
    addEventListener("keydown", (e) => { if (e.key === "Escape" && !e.defaultPrevented && (node.contains(e.target) || e.target === document.body)) this.show(null); });
  }

  toggle(tab) { this.show(this.tab === tab ? null : tab); }

  show(tab) {
    this.tab = tab;
    this.node.hidden = !tab;
    for (const [name, part] of Object.entries(this.parts)) part.node.hidden = name !== tab;
    for (const button of this.tabs) {
      const on = button.id === `tab-${tab}`;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    this.onShow(tab);
    if (tab) this.refresh(); else clearTimeout(this.timer);
  }

  step(e) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const next = this.tabs[(this.tabs.indexOf(e.target) + by + this.tabs.length) % this.tabs.length];
    next.focus();
    next.click();
  }

  /** Asks a moment later; many events in one moment ask once. */
  soon() {
    if (this.tab) this.due ??= setTimeout(() => this.refresh(), settle);
  }

  async refresh() {
    clearTimeout(this.due);
    clearTimeout(this.timer);
    this.due = null;
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    try { this.take(await get(`/panel?after=${this.last}`)); } catch { /* the bar above says that the connection is lost */ }
    this.asking = false;
    if (this.again) { this.again = false; this.refresh(); } else if (this.tab) this.timer = setTimeout(() => this.refresh(), every);
  }

  take(state) {
    if (state.last < this.last) { // another run of the program
      this.last = 0;
      this.parts.calls.clear();
      this.again = true;
      return;
    }
    this.last = state.last;
    this.parts.calls.add(state.calls);
    this.parts.updates.render(state);
    this.parts.faults.render(state);
  }
}

/** A line that opens and closes what is below it. head: what the button shows; build makes the rest when first opened. */
export function disclosure(head, build, ...beside) {
  const body = el("div", { class: "call-body", hidden: true });
  const button = el("button", { type: "button", class: "call-open", "aria-expanded": "false" }, ...head);
  button.addEventListener("click", () => {
    if (!body.firstChild) body.append(...build());
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
  });
  return [el("div", { class: "call-line" }, button, ...beside), body];
}

/** Parameters hold JSON as text; it is easier to read unfolded. */
const unfold = (_, value) => {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try { return JSON.parse(value); } catch { return value; }
};

export const pretty = (value) => JSON.stringify(value, unfold, 2) ?? "–";

/** JSON on a sheet that scrolls, and can be scrolled by keys. */
export const sheet = (label, value) => el("pre", { tabindex: "0", "aria-label": label, role: "region" }, pretty(value));
