// A new picture: what it shows, who paints it, and what it costs before it is begun.
import { confirmClosing, haptic } from "./bridge.js";
import { intent, post } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { changed, defaults, free, me, models } from "./state.js";
import { aspect, lasting, number, quality, t } from "./text.js";
import { chips, complain, confirm, loading, mainAction, problem, select } from "./ui.js";

let wish = {};
/** Begins a wish from this, in place of the one before. */
export function draft(from) { wish = { ...from }; }

export function create({ signal, title, go }) {
  title(t("create.title"));
  const node = el("section", { class: "create" }, el("h1", { tabindex: -1 }, t("create.title")), loading());
  const begin = async () => {
    try {
      const [{ models: all, styles }, settings] = await Promise.all([models(), defaults()]);
      if (!signal.aborted) new Form({ node, all, styles, settings, signal, go }).show();
    } catch (e) { if (!signal.aborted) node.replaceChildren(node.firstChild, problem(e, () => { node.replaceChildren(node.firstChild, loading()); void begin(); })); }
  };
  void begin();
  return { node };
}

class Form {
  constructor(parts) {
    Object.assign(this, parts, { key: intent() });
    this.offer();
    this.prompt = el("textarea", { id: "prompt", rows: 3, maxlength: 4000, placeholder: t("create.placeholder"), value: wish.prompt ?? "", dir: "auto", enterkeyhint: "enter" });
    this.prompt.addEventListener("input", () => this.set({ prompt: this.prompt.value }));
    this.choices = el("div", { class: "stack" });
    this.notice = el("div", { class: "notice-room", role: "status" });
    this.action = mainAction(() => this.press(), this.signal);
    this.signal.addEventListener("abort", () => { clearTimeout(this.timer); confirmClosing(false); });
  }

  /** The models that can do what is wished for. */
  offer() { this.offered = this.all.filter((m) => (wish.parent ? ["edit", "vary"] : ["generate"]).some((deed) => m.operations.includes(deed))); }

  get model() { return this.offered.find((m) => m.id === wish.model) ?? this.offered.find((m) => m.chosen) ?? this.offered.find((m) => m.available) ?? this.offered[0]; }

  show() {
    const { parent } = wish;
    this.node.replaceChildren(this.node.firstChild,
      parent && el("div", { class: "card parent" }, el("img", { src: parent.thumb, alt: "", width: 56, height: 56 }), el("p", {}, t("create.parent")), iconButton("close", t("create.noparent"), () => { delete wish.parent; this.offer(); this.show(); this.set({}); })) || "",
      el("label", { class: "field", for: "prompt" }, t("create.prompt")), this.prompt, this.choices, this.notice, this.action.node);
    this.dress();
    this.set({});
  }

  /** The choices of the model that is chosen now. */
  dress() {
    const { model } = this;
    if (!model) { this.choices.replaceChildren(problem({ message: t("create.nomodel") })); return; }
    const several = (all) => all?.length > 1;
    const pick = (label, name, all, fallback, show, cls) => several(all) && chips(label, all.map((v) => [v, show ? show(v) : v]), all.includes(wish[name]) ? wish[name] : fallback, (v) => this.set({ [name]: v }), cls);
    const first = (name, all) => (all?.includes(this.settings[name]) ? this.settings[name] : all?.[0]);
    this.choices.replaceChildren(...[
      this.offered.length > 1 && chips(t("fact.model"), this.offered.map((m) => [m.id, this.card(m)]), model.id, (id) => { this.set({ model: id }); this.dress(); this.choices.querySelector(".models input:checked")?.focus(); }, "models"),
      pick(t("fact.aspect"), "aspect", model.aspects, first("aspect", model.aspects), (v) => [shape(v), aspect(v)], "aspects"),
      pick(t("create.count"), "count", model.counts, first("count", model.counts), (n) => number(n)),
      pick(t("fact.quality"), "quality", model.qualities, first("quality", model.qualities), quality),
      this.more(model),
    ].filter(Boolean));
  }

  card(m) {
    return el("span", { class: "model" }, el("b", {}, m.name), m.about && el("small", {}, m.about), el("small", { class: "price" }, m.available ? t("create.from", { n: m.price?.from ?? 0 }) : t("create.away")));
  }

  more(model) {
    const field = (name, label, props) => el("label", { class: "field" }, label, el("input", { value: wish[name] ?? "", ...props, oninput: (e) => this.set({ [name]: e.target.value.trim() }) }));
    return el("details", { class: "more", open: Boolean(wish.negative || wish.seed) }, el("summary", {}, t("create.more")),
      field("negative", t("create.negative"), { type: "text", maxlength: 1000, placeholder: t("create.negativehint"), dir: "auto" }),
      this.styles.length > 0 && select(t("fact.style"), this.styles.map((s) => [s.id, s.name]), wish.style ?? this.settings.style, (style) => this.set({ style })),
      field("seed", t("fact.seed"), { type: "text", inputmode: "numeric", pattern: "[0-9]{1,15}", maxlength: 15, placeholder: t("create.seedhint") }));
  }

  /** The wish has changed: it is another one from now on, and its price may be. */
  set(part) {
    Object.assign(wish, part);
    this.key = intent();
    confirmClosing(Boolean(wish.prompt?.trim()));
    clearTimeout(this.timer);
    this.quoted = null;
    if (!wish.prompt?.trim() || !this.model) { this.tell(); return; }
    this.action.set({ text: t("create.do"), enabled: false });
    this.timer = setTimeout(() => this.quote(), 300);
  }

  body() {
    const m = this.model;
    const one = (name, all) => (all?.includes(wish[name]) ? wish[name] : undefined);
    const seed = /^\d{1,15}$/.test(wish.seed ?? "") ? Number(wish.seed) : undefined;
    const { parent } = wish;
    return { prompt: wish.prompt.trim(), model: m.id, negative: wish.negative || undefined, aspect: one("aspect", m.aspects), quality: one("quality", m.qualities), style: wish.style || undefined, count: one("count", m.counts), seed, parent: parent && { id: parent.id, n: parent.n } };
  }

  async quote() {
    const { key } = this;
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const quoted = await post("/quote", this.body());
      if (key !== this.key || this.signal.aborted) return;
      this.quoted = quoted;
      this.tell();
    } catch (e) {
      if (key !== this.key || this.signal.aborted) return;
      this.notice.replaceChildren(el("p", { class: "notice bad" }, icon("alert"), e.message));
      this.action.set({ text: t("create.do"), enabled: !["invalid", "moderation"].includes(e.code) });
    }
  }

  /** What the button does now, and what stands in the way. */
  tell() {
    const q = this.quoted;
    this.notice.replaceChildren();
    if (!free()) this.notice.append(el("p", { class: "notice" }, icon("alert"), t("create.closed")));
    if (!q) { this.action.set({ text: t("create.do"), enabled: false }); return; }
    if (!q.enough) {
      this.notice.append(el("p", { class: "notice" }, icon("coin"), t("create.short", { n: Math.max(1, q.price - q.available) })));
      this.action.set(me().features?.shop ? { text: t("create.buy") } : { text: t("create.price", { n: q.price }), enabled: false });
      return;
    }
    if (q.wait?.p50 > 0) this.notice.append(el("p", { class: "quiet" }, t("create.wait", { time: lasting(q.wait.p50) })));
    this.action.set({ text: q.price > 0 ? t("create.price", { n: q.price }) : t("create.do"), enabled: free() });
  }

  async press() {
    if (this.busy) return;
    if (this.quoted && !this.quoted.enough) { this.go("#/wallet"); return; }
    if (this.quoted?.confirm && !await confirm({ title: t("create.title"), text: t("create.sure", { n: this.quoted.price }), yes: t("create.do") })) return;
    this.busy = true;
    this.action.set({ text: t("create.sending"), busy: true });
    try {
      const g = await post("/generations", this.body(), this.key);
      haptic("success");
      wish = { ...wish, prompt: "", negative: "", seed: "", parent: undefined };
      changed(g);
      this.go(`#/g/${g.id}`, true);
    } catch (e) {
      this.refused(e);
    } finally { this.busy = false; }
  }

  refused(e) {
    complain(e);
    if (e.code === "insufficient_credits") this.quoted = { ...this.quoted, enough: false };
    this.tell();
    this.notice.append(el("p", { class: "notice bad" }, icon("alert"), e.message));
  }
}

/** A rectangle of an aspect such as 16:9. */
function shape(aspect) {
  const [w, h] = aspect.split(":").map(Number);
  const node = el("i", { class: "shape", "aria-hidden": "true" });
  const long = Math.max(w, h) || 1;
  node.style.width = `${(18 * (w || 1)) / long}px`;
  node.style.height = `${(18 * (h || 1)) / long}px`;
  return node;
}
