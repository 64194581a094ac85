// One chat on the screen: header, log and composer of one person. The log is rebuilt from the store by
// comparing rows, so an edit changes one row and keeps the scroll position.
import { avatar, dayOf, el, icon, iconButton } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { divider, row } from "./message.js";
import { menu, toast } from "./overlays.js";
import { Composer } from "./composer.js";
import { Deeds } from "./deeds.js";
import { gestures, Rover } from "./rover.js";
import { formatted } from "./text.js";
import { richBody } from "./rich.js";
import { albumOf, grouped } from "./rows.js";

const nearBottom = 90;

const actionNames = {
  typing: "typing", upload_photo: "sending a photo", upload_document: "sending a file", upload_video: "sending a video",
  record_video: "recording a video", record_voice: "recording a voice message", upload_voice: "sending a voice message",
  choose_sticker: "choosing a sticker", find_location: "looking for a place", record_video_note: "recording a video message",
  upload_video_note: "sending a video message",
};

export class Pane {
  /** key names a seat of the store: somebody in their private chat, or in a group. */
  constructor(key, { onFocus }) {
    this.key = key;
    this.rows = new Map(); // key → {node, sign}
    this.fresh = 0;
    this.following = true; // keep the newest message in view; a scroll upwards ends it
    this.lastTop = 0;
    this.deeds = new Deeds(this);
    this.build(onFocus);
    this.render();
    this.toBottom(false);
  }

  get person() { return store.person(this.key); }

  get botName() { return store.bot.name; }

  get pressing() { return this.deeds.pressing; }

  build(onFocus) {
    const { name, group } = this.person;
    this.head = el("header", { class: "chat-head" });
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": `Chat of ${name}${group ? ` in ${group.title}` : ""}` });
    this.ghost = el("div", { class: "ghost-room" });
    this.count = el("span", { class: "badge" });
    this.down = iconButton("down", "To the newest message", () => this.toBottom(true), "down");
    this.down.append(this.count);
    this.composer = new Composer(this);
    this.rover = new Rover(this.log, () => this.composer.input);
    this.node = el("section", { class: `pane ${group ? "in-group" : ""}`, "aria-label": `${name}'s chat${group ? `, ${group.title}` : ""}`, "data-person": this.key },
      this.head, el("div", { class: "scroller" }, this.log, this.down), this.composer.node);
    this.composer.acceptDrops(this.node);
    gestures(this.log, (id) => { const m = this.person.messages.get(id); if (m && !m.service) this.composer.replyTo(m); });
    this.node.addEventListener("focusin", onFocus);
    this.node.addEventListener("pointerdown", onFocus);
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => { if (this.following) this.toBottom(false); }).observe(this.log);
  }

  /** Draws on the next frame; many events in one frame draw once. */
  soon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.render(); });
  }

  render() {
    if (!this.person) return;
    this.renderHead();
    const hold = this.anchor();
    const added = this.renderLog();
    this.renderGhost();
    this.rover.settle();
    this.composer.render();
    if (this.following || added.own) this.toBottom(added.any && !added.first);
    else { this.fresh += added.others; hold(); }
    this.scrolled();
  }

  /** Remembers the first row in view; the function it returns puts that row back where it was. */
  anchor() {
    const top = this.log.getBoundingClientRect().top;
    for (const [key, { node }] of this.following ? [] : this.rows) {
      const at = node.getBoundingClientRect();
      if (at.bottom <= top) continue;
      return () => {
        const now = this.rows.get(key)?.node;
        if (now?.isConnected) this.log.scrollTop += now.getBoundingClientRect().top - at.top;
      };
    }
    return () => {};
  }

  renderHead() {
    const { bot } = store;
    const { action, name, id, language, blocked, group } = this.person;
    const sign = JSON.stringify([bot.name, action, name, language, blocked, group]);
    if (this.head.dataset.sign === sign) return;
    this.head.dataset.sign = sign;
    const title = group?.title ?? bot.name;
    const rest = group ? `${group.members.length + (group.bot ? 1 : 0)} members` : blocked ? "blocked by you" : "bot";
    const line = action
      ? el("span", { class: "doing" }, group && `${bot.name} is `, actionNames[action] ?? "busy", el("i", { class: "dots", "aria-hidden": "true" }, el("b"), el("b"), el("b")))
      : el("span", {}, rest);
    this.head.replaceChildren(
      avatar(title, group?.id ?? bot.id),
      el("div", { class: "who" }, el("h2", {}, title), el("p", { class: "state", "aria-live": "polite" }, line)),
      el("span", { class: "as", title: `You are ${name}; language ${language || "not set"}` },
        avatar(name, id, "tiny"), el("span", {}, name), language && el("small", {}, language)),
      this.menuButton());
  }

  menuButton() {
    const button = iconButton("more", "Chat menu", () => menu(button, [
      { icon: "send", text: "Send /start", run: () => this.send("start", {}) },
      this.person.group ? null : this.person.blocked
        ? { icon: "check", text: "Unblock the bot", run: () => this.send("unblock", {}) }
        : { icon: "close", text: "Block the bot", danger: true, run: () => this.send("block", {}) },
    ]));
    button.setAttribute("aria-haspopup", "menu");
    return button;
  }

  /** Brings the rows of the log in line with the store. Returns what was added. */
  renderLog() {
    const first = this.rows.size === 0;
    const added = { first, any: false, own: false, others: 0 };
    const wanted = this.wantedRows();
    const keys = new Set(wanted.map((r) => r.key));
    for (const [key, { node }] of this.rows) {
      if (!keys.has(key)) { this.rows.delete(key); leave(node); }
    }
    let cursor = this.log.firstElementChild;
    for (const want of wanted) {
      while (cursor?.classList.contains("leaving")) cursor = cursor.nextElementSibling;
      const had = this.rows.get(want.key);
      const node = had?.sign === want.sign ? had.node : this.replace(want, had?.node);
      if (cursor === had?.node) cursor = node; // an old row that was the cursor is out of the log now
      if (!had) count(added, want);
      if (node === cursor) cursor = cursor.nextElementSibling;
      else this.log.insertBefore(node, cursor);
      node.classList.toggle("enter", !had && !first);
    }
    return added;
  }

  wantedRows() {
    const groups = grouped(this.person.messages.values(), this.person.seen);
    if (groups.length === 0) return [{ key: "empty", sign: JSON.stringify([store.bot.name, this.person.description]), build: () => this.emptyCard() }];
    const actions = this.deeds.actions();
    return groups.map((group) => {
      if (group.day) return { key: `day:${dayOf(group.day)}`, sign: dayOf(group.day), build: () => divider(dayOf(group.day)) };
      const pressing = [...this.pressing].filter((p) => group.messages.some((m) => p.startsWith(`${m.id}:`)));
      return { key: `m:${group.messages[0].id}`, sign: JSON.stringify([group, pressing]), group, build: () => row(group, actions) };
    });
  }

  replace(want, old) {
    const node = want.build();
    this.rows.set(want.key, { node, sign: want.sign });
    if (old) {
      const focusable = "button, a, [tabindex]";
      const focused = document.activeElement === old ? -2 : [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
      keepState(old, node);
      old.replaceWith(node);
      if (focused === -2) node.focus({ preventScroll: true });
      else if (focused >= 0) node.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
      if (want.group) node.classList.add("changed");
    }
    return node;
  }

  /** The draft that the bot streams, as a bubble that is not a message yet. */
  renderGhost() {
    const draft = this.person.draft?.until > Date.now() ? this.person.draft : null;
    clearTimeout(this.fading);
    if (draft) this.fading = setTimeout(() => this.soon(), draft.until - Date.now() + 50);
    const sign = JSON.stringify(draft ?? null);
    if (this.ghost.dataset.sign !== sign) {
      this.ghost.dataset.sign = sign;
      const actions = this.deeds.actions();
      const words = draft?.rich ? richBody(draft.rich, actions) : el("div", { class: "text", dir: "auto" }, draft?.text ? formatted(draft.text, draft.entities, actions) : "Thinking", el("i", { class: "dots", "aria-hidden": "true" }, el("b"), el("b"), el("b")));
      this.ghost.replaceChildren(...(draft ? [el("div", { class: "msg in first last ghost", "aria-label": `${store.bot.name} is writing` }, el("div", { class: "line" }, el("div", { class: "body" }, el("div", { class: "bubble" }, words))))] : []));
    }
    if (this.log.lastElementChild !== this.ghost) this.log.append(this.ghost);
  }

  emptyCard() {
    const { bot } = store;
    const { description, group } = this.person;
    return el("div", { class: "empty" },
      el("div", { class: "empty-card" },
        avatar(group?.title ?? bot.name, group?.id ?? bot.id, "large"),
        el("h3", {}, group ? group.title : "What can this bot do?"),
        el("p", {}, group ? `Nobody has written yet. Mention @${bot.username}, answer it, or use a command.` : description || "It has not said yet. Press Start, or just write to it.")));
  }

  jump(id) {
    const group = albumOf(this.person.messages, id);
    const node = this.rows.get(`m:${group}`)?.node;
    if (!node) { toast("That message is gone."); return; }
    this.following = false;
    node.scrollIntoView({ block: "center", behavior: calm() ? "instant" : "smooth" });
    this.rover.take(node);
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
  }

  /** Posts on this person's behalf; throws Refusal with the reason. */
  ask(path, body) { return this.post(path, { person: this.person.id, chat: this.person.chat ?? 0, ...body }); }

  post(path, body) { return post(`/${path}`, body); }

  /** Posts on this person's behalf; says why when refused. Returns the answer, or null. */
  async send(path, body) {
    try { return await this.ask(path, body); } catch (problem) {
      toast(problem.message, "bad");
      return null;
    }
  }

  atBottom() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < nearBottom; }

  toBottom(smooth) {
    this.fresh = 0;
    this.following = true;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth && !calm() ? "smooth" : "instant" });
  }

  scrolled() {
    const bottom = this.atBottom();
    if (bottom) this.following = true;
    else if (this.log.scrollTop < this.lastTop) this.following = false;
    this.lastTop = this.log.scrollTop;
    if (this.following) this.fresh = 0;
    this.down.classList.toggle("shown", !this.following);
    this.count.textContent = this.fresh || "";
    if (this.following && this.node.isConnected && !document.hidden) store.read(this.key);
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** What the viewer has opened stays open when the row is built anew. */
function keepState(old, node) {
  for (const selector of [".spoiler", ".e-expandable_blockquote", ".photo, .tile"]) {
    const before = [...old.querySelectorAll(selector)];
    [...node.querySelectorAll(selector)].forEach((fresh, i) => {
      if (before[i]?.classList.contains("shown")) fresh.click();
      if (fresh.classList.contains("folded") && before[i] && !before[i].classList.contains("folded")) fresh.querySelector(".fold")?.click();
      if (fresh.classList.contains("veiled") && before[i] && !before[i].classList.contains("veiled")) fresh.classList.remove("veiled");
    });
  }
}

function leave(node) {
  if (calm() || !node.classList.contains("msg")) { node.remove(); return; }
  node.style.height = `${node.offsetHeight}px`;
  node.classList.add("leaving");
  setTimeout(() => node.remove(), 260);
}

function count(added, want) {
  added.any = true;
  if (!want.group?.messages) return;
  if (want.group.messages[0].out) added.own = true;
  else added.others += 1;
}
