// The list of updates on their way to the bot, raw, and how the bot gets them.
import { el } from "./dom.js";
import { disclosure, sheet } from "./panel.js";

const keep = 200;

export class UpdateList {
  constructor() {
    this.rows = new Map(); // id → row
    this.state = el("div", { class: "part-tools hook" });
    this.empty = el("p", { class: "nothing" }, "No updates yet. What people do becomes an update for the bot.");
    this.list = el("ol", { class: "calls", "aria-label": "Updates, newest first", tabindex: "0" });
    this.node = el("div", { class: "part" }, this.state, this.empty, this.list);
  }

  render({ updates, webhook }) {
    this.renderState(webhook);
    for (const update of updates) this.put(update);
    const ids = new Set(updates.map((u) => u.id));
    for (const [id, { node }] of this.rows) if (!ids.has(id)) { node.remove(); this.rows.delete(id); }
    while (this.list.children.length > keep) { this.rows.delete(Number(this.list.lastElementChild.dataset.id)); this.list.lastElementChild.remove(); }
    this.empty.hidden = this.list.children.length > 0;
  }

  put(update) {
    const sign = `${update.pending}:${update.tries ?? 0}`;
    const had = this.rows.get(update.id);
    if (had) {
      if (had.sign !== sign) { had.mark.replaceWith(had.mark = markOf(update)); had.sign = sign; }
      return;
    }
    const mark = markOf(update);
    const entry = { sign, mark };
    entry.node = el("li", { "data-id": update.id }, disclosure([el("span", { class: "method" }, update.kind, el("small", {}, ` ${update.id}`)), mark],
      () => [el("h3", {}, "Raw update"), sheet(`Update ${update.id}`, update.body)]));
    this.rows.set(update.id, entry);
    this.list.prepend(entry.node);
  }

  renderState({ url, pending, last_error: problem, last_error_date: date, allowed }) {
    const sign = JSON.stringify([url, pending, problem, allowed]);
    if (this.state.dataset.sign === sign) return;
    this.state.dataset.sign = sign;
    this.state.replaceChildren(
      el("p", {}, url ? ["By webhook: ", el("code", {}, url)] : "By getUpdates: the bot polls."),
      el("p", { class: "dim" }, `${pending} not confirmed${allowed ? ` · asks for ${allowed.join(", ")}` : ""}`),
      problem ? el("p", { class: "wrong" }, `Last delivery failed at ${new Date(date * 1000).toLocaleTimeString()}: ${problem}`) : "");
  }
}

function markOf({ pending, tries }) {
  if (!pending) return el("span", { class: "code ok" }, "taken");
  return el("span", { class: "code late" }, tries ? `${tries} tries` : "waiting");
}
