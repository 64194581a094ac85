// What somebody made: the newest first, what is under way on top, found by words of the prompt. The page of the gallery is kept,
// so that coming back from a picture finds it where it was left.
import { ended, get } from "./api.js";
import { button, clip, el, hiddenText, icon } from "./dom.js";
import { draft } from "./create.js";
import { runningCard, standing } from "./running.js";
import { changed, hear } from "./state.js";
import { t } from "./text.js";
import { endless, skeletons } from "./ui.js";

const pageSize = 30;
let shown = null;

/** The gallery of these query parameters: q and favorite. */
export function gallery({ query, signal, title }) {
  title(t("gallery.title"));
  const wanted = query.toString();
  if (shown?.wanted !== wanted) shown = new Gallery(wanted, query.get("q") ?? "", query.has("favorite"), shown);
  signal.addEventListener("abort", () => { if (shown) shown.scroll = scrollY; });
  return { node: shown.node, scroll: shown.scroll };
}

/** Forgets the page, as when the language has changed or somebody else has come. */
export function forgetGallery() { shown?.leave(); shown = null; }

class Gallery {
  constructor(wanted, words, favorite, before) {
    before?.leave();
    Object.assign(this, { wanted, words, favorite, scroll: 0, tiles: new Map(), cards: new Map(), next: "", loads: 0, control: new AbortController() });
    const { signal } = this.control;
    this.grid = el("ul", { class: "grid", "aria-label": t("gallery.title"), "aria-busy": "true" });
    this.grid.append(...skeletons(12, "tile").map((s) => el("li", { class: "waiting" }, s)));
    this.running = el("section", { class: "runnings", "aria-label": t("gallery.running") });
    this.note = el("div", { role: "status" });
    this.pages = endless(() => this.load(), signal);
    this.node = el("section", { class: "gallery" }, el("h1", { tabindex: -1, class: "hidden-text" }, t("gallery.title")), this.tools(), this.running, this.note, this.grid, this.pages.end);
    hear("generation", (g) => this.heard(g), signal);
    hear("gone", (id) => this.hide(id, true), signal);
    hear("back", (id) => this.hide(id, false), signal);
  }

  leave() { this.control.abort(); }

  tools() {
    let timer;
    const field = el("input", { type: "search", value: this.words, placeholder: t("gallery.search"), "aria-label": t("gallery.search"), maxlength: 100, enterkeyhint: "search", autocomplete: "off" });
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => this.ask(field.value, this.favorite), 300); });
    const star = el("button", { type: "button", class: "round star", "aria-pressed": String(this.favorite), "aria-label": t("gallery.favorites"), title: t("gallery.favorites"), onclick: () => this.ask(field.value, !this.favorite) }, icon("star"));
    return el("form", { class: "tools", role: "search", onsubmit: (e) => { e.preventDefault(); field.blur(); } }, icon("search"), field, star);
  }

  /** Looks for something else: the same view under another address, with the caret where it was. */
  ask(words, favorite) {
    const query = new URLSearchParams({ ...(words.trim() && { q: words.trim() }), ...(favorite && { favorite: "" }) }).toString();
    if (query === this.wanted) return;
    const typed = document.activeElement?.type === "search" && document.activeElement.selectionStart;
    history.replaceState(history.state, "", query ? `#/?${query}` : "#/");
    const next = new Gallery(query, words.trim(), favorite, this);
    shown = next;
    this.node.replaceWith(next.node);
    const field = next.node.querySelector(typed === false ? ".star" : "[type=search]");
    if (typed !== false) field.value = words;
    field.focus();
    if (typed !== false) field.setSelectionRange(typed, typed);
  }

  async load() {
    const query = new URLSearchParams({ limit: pageSize, ...(this.words && { search: this.words }), ...(this.favorite && { favorite: "true" }), ...(this.next && { before: this.next }) });
    let page;
    try { page = await get(`/generations?${query}`, this.control.signal); } finally { for (const w of this.grid.querySelectorAll(".waiting")) w.remove(); }
    this.grid.ariaBusy = null;
    for (const g of page.items) {
      this.place(g, false);
      if (!ended(g)) changed(g);
    }
    this.next = page.next ?? "";
    if (!this.next) this.conclude();
    return Boolean(this.next);
  }

  /** Says that there is nothing, where there is nothing. */
  conclude() {
    const some = this.tiles.size + this.cards.size > 0;
    const filtered = this.words || this.favorite;
    this.note.replaceChildren();
    if (some) { this.note.append(hiddenText(t("gallery.count", { n: this.tiles.size }))); return; }
    if (filtered) {
      this.note.append(el("div", { class: "empty" }, icon(this.words ? "search" : "star"), el("p", {}, this.words ? t("gallery.nothing", { words: this.words }) : t("gallery.nofavorites"))));
      return;
    }
    const ideas = ["idea.one", "idea.two", "idea.three"].map((key) => t(key));
    this.note.append(el("div", { class: "empty" }, icon("picture"), el("h2", {}, t("gallery.empty")), el("p", {}, t("gallery.invite")),
      el("div", { class: "ideas" }, ideas.map((idea) => button(idea, () => { draft({ prompt: idea }); location.hash = "#/create"; }, "soft")))));
  }

  /** Puts a generation where it belongs: above the pictures while it runs, among them when it has ended. */
  place(g, first) {
    if (!ended(g)) {
      const card = this.cards.get(g.id) ?? runningCard(g);
      card.update(g);
      if (!this.cards.has(g.id)) this.running.append(card.node);
      this.cards.set(g.id, card);
      return;
    }
    this.cards.get(g.id)?.node.remove();
    this.cards.delete(g.id);
    const node = tile(g);
    const old = this.tiles.get(g.id);
    this.tiles.set(g.id, node);
    if (old) old.replaceWith(node);
    else if (first) this.grid.prepend(node);
    else this.grid.append(node);
  }

  /** Something has become of a generation. One that the search would not show is not added. */
  heard(g) {
    const known = this.tiles.has(g.id) || this.cards.has(g.id);
    if (!known && (this.words || this.favorite)) return;
    if (!known && ended(g) && this.grid.ariaBusy === "true") return; // it comes with the page
    this.place(g, true);
    this.note.querySelector(".empty")?.remove();
  }

  hide(id, hidden) {
    const node = this.tiles.get(id) ?? this.cards.get(id)?.node;
    if (node) node.hidden = hidden;
  }
}

/** A picture among the others, or how a generation without one ended. */
function tile(g) {
  const first = g.images?.[0];
  const words = clip(g.prompt, 120);
  const face = first
    ? el("img", { src: first.thumb, alt: words, width: first.width, height: first.height, loading: "lazy", decoding: "async" })
    : el("span", { class: "sorry" }, icon(g.status === "canceled" ? "close" : "alert"), el("b", {}, standing(g)), el("span", {}, words));
  return el("li", {}, el("a", { class: "tile", href: `#/g/${g.id}` }, face,
    g.images?.length > 1 && el("span", { class: "badge count", "aria-hidden": "true" }, String(g.images.length)),
    g.favorite && el("span", { class: "badge" }, icon("star", "full"), hiddenText(t("favorite")))));
}
