// One chat on the screen: header, log and composer of one person. The log is rebuilt from the store by
// comparing rows, so an edit changes one row and keeps the scroll position.
import { avatar, dayOf, el, icon, iconButton } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { divider, row } from "./message.js";
import { alertBox, menu, toast } from "./overlays.js";
import { Composer } from "./composer.js";
import { albumOf, grouped } from "./rows.js";

const nearBottom = 90;

const actionNames = {
  typing: "typing", upload_photo: "sending a photo", upload_document: "sending a file", upload_video: "sending a video",
  record_video: "recording a video", record_voice: "recording a voice message", upload_voice: "sending a voice message",
  choose_sticker: "choosing a sticker", find_location: "looking for a place",
};

export class Pane {
  constructor(id, { onFocus }) {
    this.id = id;
    this.rows = new Map(); // key → {node, sign}
    this.pressing = new Set();
    this.fresh = 0;
    this.following = true; // keep the newest message in view; a scroll upwards ends it
    this.lastTop = 0;
    this.build(onFocus);
    this.render();
    this.toBottom(false);
  }

  get person() { return store.person(this.id); }

  build(onFocus) {
    this.head = el("header", { class: "chat-head" });
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": `Chat of ${this.person.name}`, tabindex: "0" });
    this.count = el("span", { class: "badge" });
    this.down = iconButton("down", "To the newest message", () => this.toBottom(true), "down");
    this.down.append(this.count);
    this.composer = new Composer(this);
    this.node = el("section", { class: "pane", "aria-label": `${this.person.name}'s chat`, "data-person": this.id },
      this.head, el("div", { class: "scroller" }, this.log, this.down), this.composer.node);
    this.composer.acceptDrops(this.node);
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
    const added = this.renderLog();
    this.composer.render();
    if (this.following || added.own) this.toBottom(added.any && !added.first);
    else this.fresh += added.others;
    this.scrolled();
  }

  renderHead() {
    const { bot } = store;
    const { action, name, id, language, blocked } = this.person;
    const sign = JSON.stringify([bot.name, action, name, language, blocked]);
    if (this.head.dataset.sign === sign) return;
    this.head.dataset.sign = sign;
    const line = action
      ? el("span", { class: "doing" }, actionNames[action] ?? "busy", el("i", { class: "dots", "aria-hidden": "true" }, el("b"), el("b"), el("b")))
      : el("span", {}, blocked ? "blocked by you" : "bot");
    this.head.replaceChildren(
      avatar(bot.name, bot.id),
      el("div", { class: "who" }, el("h2", {}, bot.name), el("p", { class: "state", "aria-live": "polite" }, line)),
      el("span", { class: "as", title: `You are ${name}; language ${language || "not set"}` },
        avatar(name, id, "tiny"), el("span", {}, name), language && el("small", {}, language)),
      this.menuButton());
  }

  menuButton() {
    const button = iconButton("more", "Chat menu", () => menu(button, [
      { icon: "send", text: "Send /start", run: () => this.send("start", {}) },
      this.person.blocked
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
    return groups.map((group) => {
      if (group.day) return { key: `day:${group.day}`, sign: dayOf(group.day), build: () => divider(dayOf(group.day)) };
      const pressing = [...this.pressing].filter((p) => group.messages.some((m) => p.startsWith(`${m.id}:`)));
      return {
        key: `m:${group.messages[0].id}`, sign: JSON.stringify([group, pressing]), group,
        build: () => {
          const node = row(group, this.actions());
          node.classList.toggle("first", group.first);
          node.classList.toggle("last", group.last);
          return node;
        },
      };
    });
  }

  replace(want, old) {
    const node = want.build();
    this.rows.set(want.key, { node, sign: want.sign });
    if (old) {
      const focused = [...old.querySelectorAll("button")].indexOf(document.activeElement);
      old.replaceWith(node);
      if (focused >= 0) node.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
      if (want.group) node.classList.add("changed");
    }
    return node;
  }

  emptyCard() {
    const { bot } = store;
    const { description } = this.person;
    return el("div", { class: "empty" },
      el("div", { class: "empty-card" },
        avatar(bot.name, bot.id, "large"),
        el("h3", {}, "What can this bot do?"),
        el("p", {}, description || "It has not said yet. Press Start, or just write to it.")));
  }

  actions() {
    return {
      pressing: this.pressing,
      press: (m, key) => this.press(m, key),
      reply: (m) => this.composer.replyTo(m),
      edit: (m) => this.composer.edit(m),
      remove: (m) => this.send("delete", { message_id: m.id }),
      command: (text) => this.send("send", { text }),
      jump: (id) => this.jump(id),
    };
  }

  jump(id) {
    const group = albumOf(this.person.messages, id);
    const node = this.rows.get(`m:${group}`)?.node;
    if (!node) { toast("That message is gone."); return; }
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
  }

  /** Does what an inline button says. */
  async press(message, key) {
    switch (key.kind) {
      case "url": open(key.value, "_blank", "noopener,noreferrer"); break;
      case "copy": await navigator.clipboard.writeText(key.value); toast("Copied."); break;
      case "callback": this.answered(await this.busy(message, key, "press", { message_id: message.id, data: key.value })); break;
      case "pay": await this.busy(message, key, "pay", { message_id: message.id }); break;
      default: toast("The playground does not have this kind of button.");
    }
  }

  /** Posts while the button shimmers; a second press meanwhile does nothing. */
  async busy(message, key, path, body) {
    const mark = `${message.id}:${key.kind}:${key.value}`;
    if (this.pressing.has(mark)) return null;
    this.pressing.add(mark);
    this.soon();
    const answer = await this.send(path, body);
    this.pressing.delete(mark);
    this.soon();
    return answer;
  }

  answered(answer) {
    if (!answer) return;
    const { answered, text, alert, url } = answer;
    if (!answered) toast("The bot did not answer this button.", "bad");
    else if (alert) alertBox(store.bot.name, text);
    else if (text) toast(text);
    if (url) open(url, "_blank", "noopener,noreferrer");
  }

  /** Posts on this person's behalf; says why when refused. Returns the answer, or null. */
  async send(path, body) {
    try { return await post(`/${path}`, { person: this.id, ...body }); } catch (problem) {
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
    if (this.following && this.node.isConnected && !document.hidden) store.read(this.id);
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

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
