// Inline mode: what the bot offers for "@bot query", in a grid above the writing line.
import { el, icon } from "./dom.js";
import { fileURL } from "./api.js";
import { store } from "./store.js";
import { openApp } from "./webapp.js";

const patience = 300; // after the last key, as the app waits before it asks

export class InlineResults {
  /** sent() is called when a result was chosen and sent. */
  constructor(pane, input, sent) {
    this.pane = pane;
    this.input = input;
    this.sent = sent;
    this.node = el("div", { class: "inline-results", hidden: true, "aria-live": "polite" });
    this.asked = null;
  }

  /** Asks the bot when the text is meant for it; hides otherwise. */
  follow(text) {
    const name = `@${store.bot.username} `;
    const query = text.toLowerCase().startsWith(name.toLowerCase()) ? text.slice(name.length) : null;
    if (query === this.asked) return;
    this.asked = query;
    clearTimeout(this.timer);
    if (query === null) { this.hide(); return; }
    this.timer = setTimeout(() => this.ask(query, ""), patience);
  }

  hide() {
    this.node.hidden = true;
    this.node.replaceChildren();
  }

  async ask(query, offset) {
    if (!offset) { this.node.hidden = false; this.node.replaceChildren(el("p", { class: "inline-note" }, el("span", { class: "spinner" }), "Asking the bot…")); }
    let answer;
    try { answer = await this.pane.ask("inline", { query, offset }); } catch (problem) {
      if (query === this.asked) this.node.replaceChildren(el("p", { class: "inline-note" }, problem.message));
      return;
    }
    if (query === this.asked) this.show(query, answer, offset);
  }

  show(query, { results, button, next }, offset) {
    const tiles = results.map((r) => this.tile(query, r));
    if (offset) { this.grid.append(...tiles); this.more?.remove(); }
    else {
      this.grid = el("div", { class: `inline-grid ${results.some((r) => r.photo) ? "pictures" : ""}`, role: "group", "aria-label": `Results for ${query || "nothing yet"}` }, tiles);
      this.node.replaceChildren(...[button && this.button(button), results.length > 0 ? this.grid : el("p", { class: "inline-note" }, "No results.")].filter(Boolean));
    }
    if (next) {
      this.more = el("button", { type: "button", class: "inline-more", onclick: () => this.ask(query, next) }, "More");
      this.node.append(this.more);
    }
  }

  button({ text, start, app }) {
    return el("button", { type: "button", class: "inline-button", onclick: () => { this.hide(); if (app) openApp(this.pane, { kind: "inline", url: app }); else this.pane.send("start", { payload: start }); } }, icon(app ? "app" : "link"), text);
  }

  tile(query, result) {
    const label = result.title || result.description || result.kind;
    const node = el("button", { type: "button", class: `inline-result ${result.photo ? "picture" : ""}`, "aria-label": `Send ${label}` },
      result.photo ? el("img", { src: fileURL(result.photo), alt: "", loading: "lazy" }) : el("span", { class: "doc-face blue", "aria-hidden": "true" }, result.kind.slice(0, 3)),
      (!result.photo || result.title) && el("span", { class: "doc-text" }, el("b", {}, result.title || label), result.description && el("span", {}, result.description)));
    node.addEventListener("click", async () => {
      if (!await this.pane.send("choose", { query, id: result.id, answer: result.answer })) return;
      this.hide();
      this.sent();
    });
    node.addEventListener("keydown", (e) => this.walk(e, node));
    return node;
  }

  walk(e, node) {
    const next = { ArrowRight: node.nextElementSibling, ArrowLeft: node.previousElementSibling, ArrowDown: node.nextElementSibling, ArrowUp: node.previousElementSibling }[e.key];
    if (e.key === "Escape") { e.preventDefault(); this.hide(); this.input.focus(); }
    if (!next) return;
    e.preventDefault();
    next.focus();
  }

  /** Moves from the text into the results; reports whether there are any. */
  enter() {
    const first = this.node.hidden ? null : this.node.querySelector(".inline-result");
    first?.focus();
    return Boolean(first);
  }
}
