// One generation: its pictures, what it was made of, and what can be done with it.
import { download, haptic, native, openTelegram, preparing, sendPrepared } from "./bridge.js";
import { ended, get, intent, post, put, remove } from "./api.js";
import { draft } from "./create.js";
import { button, clip, el, hiddenText, icon, iconButton } from "./dom.js";
import { runningCard, standing } from "./running.js";
import { back, changed, free, gone, hear } from "./state.js";
import { credits, quality, sizeOf, t, timeOf } from "./text.js";
import { complain, confirm, copy, loading, once, pick, problem, toast } from "./ui.js";

export function detail({ id, signal, title, leave }) {
  title(t("detail.title"));
  const node = el("section", { class: "detail" }, el("h1", { tabindex: -1, class: "hidden-text" }, t("detail.title")), loading());
  const view = new Detail(node, id, signal, leave);
  void view.load();
  return { node };
}

class Detail {
  constructor(node, id, signal, leave) {
    Object.assign(this, { node, id, signal, leave, n: 0, intent: intent() });
    hear("generation", (g) => { if (g.id === id) this.show(g); }, signal);
  }

  async load() {
    try {
      const g = await get(`/generations/${this.id}`, this.signal);
      this.show(g);
      if (!ended(g)) changed(g);
    } catch (e) {
      if (e.name !== "AbortError") this.fill(problem(e, e.status !== 404 && (() => { this.fill(loading()); void this.load(); })));
    }
  }

  fill(...nodes) { this.node.replaceChildren(this.node.firstChild, ...nodes); }

  show(g) {
    const before = this.g;
    this.g = g;
    if (!ended(g)) {
      if (this.card) this.card.update(g);
      else {
        this.card = runningCard(g, false);
        this.fill(el("div", { class: "canvas skeleton" }), this.card.node, this.about());
      }
      return;
    }
    if (before && ended(before) && before.images?.length === g.images?.length) { this.star?.setAttribute("aria-pressed", String(g.favorite)); return; }
    if (before && !ended(before)) haptic(g.images?.length ? "success" : "error");
    const image = g.images?.length > 0;
    this.fill(image ? this.pictures() : this.sorry(), this.deeds(image), this.about());
  }

  sorry() {
    return el("div", { class: "empty", role: "status" }, icon("alert"), el("h2", {}, standing(this.g)), el("p", {}, this.g.message || t("detail.free")));
  }

  /** The pictures side by side: a swipe, an arrow or a dot leads to the next. */
  pictures() {
    const { images, prompt } = this.g;
    const strip = el("div", { class: "strip", role: "group", "aria-label": t("detail.pictures"), tabindex: images.length > 1 ? 0 : null }, images.map((image, n) =>
      el("img", { src: image.preview, alt: images.length > 1 ? t("detail.alt", { at: n + 1, all: images.length, prompt: clip(prompt, 200) }) : clip(prompt, 200), width: image.width, height: image.height, decoding: "async" })));
    const frame = el("div", { class: "canvas" }, strip);
    if (images.length < 2) return frame;
    const said = el("span", { class: "badge place" });
    const turn = (by) => strip.scrollTo({ left: strip.clientWidth * Math.min(images.length - 1, Math.max(0, this.n + by)) * (getComputedStyle(strip).direction === "rtl" ? -1 : 1) });
    const place = () => {
      this.n = Math.min(images.length - 1, Math.round(Math.abs(strip.scrollLeft) / (strip.clientWidth || 1)));
      said.textContent = t("detail.place", { at: this.n + 1, all: images.length });
    };
    strip.addEventListener("scroll", place, { passive: true });
    strip.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (by) { e.preventDefault(); turn(by); }
    });
    place();
    frame.append(said, iconButton("left", t("detail.previous"), () => turn(-1), { class: "round over previous" }), iconButton("right", t("detail.next"), () => turn(1), { class: "round over next" }));
    return frame;
  }

  get image() { return this.g.images[this.n]; }

  deeds(image) {
    const { g } = this;
    this.star = iconButton("star", t("favorite"), () => this.favor(), { class: "round star", "aria-pressed": String(g.favorite) });
    const again = button(t("detail.again"), () => once(again, () => this.again()), "", "again");
    again.disabled = !free() || !g.repeatable;
    return el("div", { class: "deeds" }, again,
      image && button(t("detail.remix"), () => this.remix(), "soft", "brush"),
      image ? el("div", { class: "deed-icons" }, this.star,
        iconButton("share", t("detail.share"), (e) => once(e.currentTarget, () => this.share())),
        this.saver(),
        iconButton("send", t("detail.send"), (e) => once(e.currentTarget, () => this.send())),
        iconButton("trash", t("detail.delete"), () => this.drop(), { class: "round danger" })) : button(t("detail.delete"), () => this.drop(), "soft danger", "trash"));
  }

  async favor() {
    const on = !this.g.favorite;
    haptic("tap");
    this.star.setAttribute("aria-pressed", String(on));
    try {
      await (on ? put : remove)(`/generations/${this.id}/favorite`);
      changed({ ...this.g, favorite: on });
    } catch (e) {
      this.star.setAttribute("aria-pressed", String(!on));
      complain(e);
    }
  }

  async again() {
    const g = await post(`/generations/${this.id}/again`, {}, this.intent);
    this.intent = intent();
    changed(g);
    location.hash = `#/g/${g.id}`;
  }

  /** Begins a new picture from this one. */
  remix() {
    const { g } = this;
    draft({ prompt: g.prompt, negative: g.negative, model: g.model, aspect: g.aspect, quality: g.quality, style: g.style, count: 1, parent: { id: g.id, n: this.image.n, thumb: this.image.thumb } });
    location.hash = "#/create";
  }

  async share() {
    const shared = await post(`/generations/${this.id}/share`, { n: this.image.n, prepare: preparing });
    const how = shared.prepared && await sendPrepared(shared.prepared);
    if (how === "sent") { haptic("success"); toast(t("detail.shared")); }
    if (how === "sent" || how === "USER_DECLINED") return;
    const url = new URL(shared.url, location.href).href;
    if (native) openTelegram(`https://t.me/share/url?${new URLSearchParams({ url })}`);
    else if (navigator.share) await navigator.share({ url }).catch(() => {}); // they thought again
    else await copy(url, t("detail.link", { when: timeOf(shared.expires_at) }));
  }

  saver() {
    const name = () => `${this.g.id}-${this.n + 1}.${{ "image/jpeg": "jpg", "image/webp": "webp" }[this.image.media_type] ?? "png"}`;
    const link = el("a", { class: "round", href: this.image.download, download: "", "aria-label": t("detail.download"), title: t("detail.download"), onclick: (e) => {
      link.href = this.image.download;
      if (download(this.image.download, name())) e.preventDefault();
    } }, icon("download"));
    return link;
  }

  async send() {
    const as = await pick(t("detail.send"), [["photo", t("detail.photo"), "picture"], ["file", t("detail.file"), "download"]]);
    if (!as) return;
    await post(`/generations/${this.id}/send`, { n: this.image.n, as }, intent());
    haptic("success");
    toast(t("detail.sent"));
  }

  /** Deletes when the time to think again is over, or at once when the page goes. */
  async drop() {
    if (!await confirm({ title: t("detail.delete"), text: t("detail.deletesure"), yes: t("detail.delete"), danger: true })) return;
    const { id } = this;
    const key = intent();
    let called = false;
    gone(id);
    this.leave();
    const forget = async (leaving) => {
      if (called) return;
      called = true;
      removeEventListener("pagehide", now);
      try { await remove(`/generations/${id}`, key, leaving === true); } catch (e) { back(id); complain(e); }
    };
    const now = () => forget(true);
    addEventListener("pagehide", now);
    const timer = setTimeout(forget, 6000);
    toast(t("detail.deleted"), { action: { label: t("undo"), run: () => {
      called = true;
      clearTimeout(timer);
      removeEventListener("pagehide", now);
      back(id);
    } } });
  }

  about() {
    const { g } = this;
    const list = el("dl", { class: "facts" });
    const fact = (name, value) => value && list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    const first = g.images?.[0];
    fact(t("fact.model"), g.model_name);
    fact(t("fact.size"), first && `${first.width} × ${first.height}${first.bytes ? ` · ${sizeOf(first.bytes)}` : ""}`);
    fact(t("fact.aspect"), !first && g.aspect);
    fact(t("fact.quality"), g.quality && quality(g.quality));
    fact(t("fact.style"), g.style);
    fact(t("fact.seed"), g.seed > 0 && el("button", { type: "button", class: "copied", onclick: () => copy(String(g.seed), t("copied")) }, String(g.seed), icon("copy"), hiddenText(t("copy"))));
    fact(t("fact.price"), credits(ended(g) ? g.charged ?? g.price : g.price));
    fact(t("fact.when"), timeOf(g.created_at));
    return el("div", { class: "card about" }, el("div", { class: "prompt" }, el("p", { dir: "auto" }, g.prompt), iconButton("copy", t("detail.copy"), () => copy(g.prompt, t("copied")))),
      g.negative && el("p", { class: "negative", dir: "auto" }, el("b", {}, t("create.negative")), " ", g.negative), list);
  }
}
