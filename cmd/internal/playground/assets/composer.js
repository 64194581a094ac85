// The writing line of one chat: text, files, replies, edits, commands, the bot's keyboard, and Start.
import { el, icon, iconButton } from "./dom.js";
import { choices, store } from "./store.js";
import { menu, toast } from "./overlays.js";
import { CommandList } from "./commands.js";
import { AlbumSheet, pollForm } from "./attach.js";
import { emojiPanel } from "./emoji.js";
import { InlineResults } from "./inline.js";
import { replyKeyboard } from "./keys.js";
import { inShort, panelOf } from "./rows.js";
import { openApp } from "./webapp.js";

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.context = null; // {kind: "reply" | "edit", message}
    this.panelOpen = true;
    this.build();
    this.input.value = choices.get(this.draftName, "");
    this.typed();
  }

  get draftName() { return `draft.${this.pane.key}`; }

  build() {
    this.input = el("textarea", {
      rows: "1", placeholder: "Message", maxlength: "4096", "aria-label": `Message as ${this.pane.person.name}`, enterkeyhint: "send", dir: "auto",
      onbeforeinput: (e) => { if (e.inputType === "insertLineBreak" && !this.input.value.trim()) e.preventDefault(); }, // no message begins with one
      oninput: () => this.typed(), onkeydown: (e) => this.key(e), onpaste: (e) => this.pasted(e),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => { this.add([...this.picker.files]); this.picker.value = ""; } });
    this.commands = new CommandList(this.input, () => this.pane.person.commands, (text, complete) => this.command(text, complete));
    this.inline = new InlineResults(this.pane, this.input, () => { this.input.value = ""; this.typed(); this.input.focus(); });
    this.strip = el("div", { class: "strip", hidden: true });
    this.menuRoom = el("span", { class: "menu-room" });
    const attach = iconButton("clip", "Attach", () => this.attachMenu(attach), "attach");
    attach.setAttribute("aria-haspopup", "menu");
    const smile = iconButton("smile", "Emoji", () => emojiPanel(smile, (emoji) => this.insert(emoji)), "smile");
    this.keysButton = iconButton("keys", "Keyboard of the bot", () => this.togglePanel(), "keys-toggle");
    this.sendButton = iconButton("send", "Send", () => this.submit(), "send");
    this.hints = el("div", { class: "hints" });
    this.panelRoom = el("div", { class: "panel-room" });
    this.start = el("button", { type: "button", class: "start", onclick: () => this.pane.send("start", {}) }, "Start");
    this.line = el("div", { class: "line-in" }, el("div", { class: "field" }, this.menuRoom, this.input, this.keysButton, smile, attach), this.sendButton);
    this.node = el("footer", { class: "composer" }, this.hints, this.commands.node, this.inline.node, this.strip, this.line, this.panelRoom, this.start, this.picker);
  }

  /** Follows the store: Start for an empty chat, hints until the first prompt, no writing when blocked. */
  render() {
    const { person } = this.pane;
    const messages = [...person.messages.values()].filter((m) => !m.deleted);
    const blocked = person.blocked && !person.group;
    const empty = messages.length === 0 && !blocked && !person.group;
    const wrote = person.group || messages.some((m) => m.out && !m.text?.startsWith("/"));
    this.start.hidden = !empty;
    this.line.hidden = blocked || empty;
    this.node.classList.toggle("blocked", blocked);
    this.renderMenu();
    this.renderPanel(messages, blocked || empty);
    this.renderHints(!wrote && !blocked && !this.panelOf, blocked);
  }

  renderHints(show, blocked) {
    const sign = JSON.stringify([show, blocked, store.suggestions]);
    if (this.hints.dataset.sign === sign) return;
    this.hints.dataset.sign = sign;
    this.hints.replaceChildren();
    if (blocked) {
      this.hints.append(el("button", { type: "button", class: "start", onclick: () => this.pane.send("unblock", {}) }, "Unblock"));
    } else if (show && store.suggestions.length > 0) {
      this.hints.append(el("span", { class: "try" }, "Try:"), ...store.suggestions.map((text) =>
        el("button", { type: "button", class: "chip", onclick: () => this.pane.send("send", { text }) }, text)));
    }
  }

  /** The bot's menu button: its Mini App, or its commands. */
  renderMenu() {
    const { menu: how, commands, group } = this.pane.person;
    const app = how?.type === "web_app" && !group;
    const sign = JSON.stringify([app ? how : null, commands.length > 0]);
    if (this.menuRoom.dataset.sign === sign) return;
    this.menuRoom.dataset.sign = sign;
    this.slash = app
      ? el("button", { type: "button", class: "bot-menu", onclick: () => openApp(this.pane, { kind: "menu", url: how.web_app.url }) }, icon("app"), el("span", {}, how.text))
      : iconButton("slash", "Commands", () => this.openCommands(), "slash");
    this.menuRoom.replaceChildren(this.slash);
  }

  renderPanel(messages, off) {
    const panel = off ? null : panelOf(messages, this.pane.person.id);
    const sign = JSON.stringify([panel && { ...panel, message: panel.message.id }, this.panelOpen]);
    if (this.panelRoom.dataset.sign === sign) return;
    const fresh = panel && panel.message.id !== this.panelOf;
    if (fresh) this.panelOpen = true;
    if (panel?.used && !this.closedFor?.has(panel.message.id)) { (this.closedFor ??= new Set()).add(panel.message.id); this.panelOpen = false; }
    this.panelOf = panel?.message.id;
    this.panelRoom.dataset.sign = JSON.stringify([panel && { ...panel, message: panel.message.id }, this.panelOpen]);
    this.keysButton.hidden = !panel?.rows;
    this.keysButton.setAttribute("aria-expanded", String(Boolean(panel?.rows && this.panelOpen)));
    this.panelRoom.replaceChildren(...(panel?.rows && this.panelOpen ? [replyKeyboard(panel, (key) => this.panelKey(key))] : []));
    this.input.placeholder = panel?.placeholder || "Message";
    if (fresh && panel.force) this.replyTo(panel.message);
  }

  togglePanel() {
    this.panelOpen = !this.panelOpen;
    this.render();
  }

  async panelKey(key) {
    const { pane } = this;
    switch (key.kind) {
      case "text": await pane.send("send", { text: key.text }); break;
      case "contact": case "location": await pane.send("extra", { kind: key.kind }); break;
      case "poll": pollForm((poll) => pane.send("poll", poll)); break;
      case "web_app": await openApp(pane, { kind: "keyboard", url: key.value, button: key.text }); break;
      default: toast("The playground does not have this kind of key.");
    }
  }

  typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 180)}px`;
    const { value } = this.input;
    this.commands.filter(value);
    this.inline.follow(value);
    this.node.classList.toggle("full", Boolean(value.trim()));
    if (this.context?.kind !== "edit") choices.set(this.draftName, value);
  }

  key(e) {
    if (e.isComposing || this.commands.key(e)) return;
    if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); this.submit(); }
    else if (e.key === "Escape" && this.context) { e.preventDefault(); this.clearContext(); }
    else if (e.key === "ArrowDown" && this.inline.enter()) e.preventDefault();
    else if (e.key === "ArrowUp" && !this.input.value && this.editLast()) e.preventDefault();
  }

  editLast() {
    const { person } = this.pane;
    const own = [...person.messages.values()].filter((m) => m.from_id === person.id && m.text && !m.deleted && !m.forwarded).at(-1);
    if (own) this.edit(own);
    return own;
  }

  insert(text) {
    this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, "end");
    this.typed();
  }

  /** Begins a text for the person to go on with. */
  begin(text) {
    this.input.value = text;
    this.input.focus();
    this.typed();
  }

  command(text, complete) {
    if (complete) { this.begin(`${text} `); return; }
    this.input.value = text;
    this.submit();
  }

  openCommands() {
    this.begin(this.input.value.startsWith("/") ? "" : "/");
    if (this.pane.person.commands.length === 0) toast("The bot has not set any commands yet.");
  }

  attachMenu(button) {
    const pick = (accept, plain) => { this.plain = plain; this.picker.accept = accept; this.picker.click(); };
    const extra = (kind) => () => this.pane.send("extra", { kind });
    menu(button, [
      { icon: "image", text: "Photo or video", run: () => pick("image/jpeg,image/png,image/webp,image/gif,video/mp4,video/webm", false) },
      { icon: "file", text: "File", run: () => pick("", true) },
      { icon: "poll", text: "Poll", run: () => pollForm((poll) => this.pane.send("poll", poll)) },
      { icon: "pin", text: "Location", run: extra("location") },
      { icon: "venue", text: "Place", run: extra("venue") },
      { icon: "contact", text: "Contact", run: extra("contact") },
      { icon: "mic", text: "Voice message", run: extra("voice") },
      { icon: "play", text: "Video message", run: extra("video_note") },
      { icon: "music", text: "Music", run: extra("audio") },
      { icon: "sticker", text: "Sticker", run: extra("sticker") },
      { icon: "dice", text: "Dice", run: extra("dice") },
    ]);
  }

  pasted(e) {
    const files = [...e.clipboardData.files];
    if (files.length > 0) { e.preventDefault(); this.plain = false; this.add(files); }
  }

  /** Lets files be dropped anywhere on the chat; enter and leave are counted, as children fire them too. */
  acceptDrops(target) {
    let depth = 0;
    const over = (n) => { depth = Math.max(0, n); target.classList.toggle("dropping", depth > 0); };
    target.addEventListener("dragenter", (e) => { if (e.dataTransfer.types.includes("Files")) over(depth + 1); });
    target.addEventListener("dragleave", () => over(depth - 1));
    target.addEventListener("dragover", (e) => e.preventDefault());
    target.addEventListener("drop", (e) => { e.preventDefault(); over(0); this.plain = false; this.add([...e.dataTransfer.files]); });
  }

  /** Files go through a sheet; what stands in the line becomes their caption. */
  add(files) {
    if (files.length === 0) return;
    this.sheet ??= new AlbumSheet({
      plain: this.plain, caption: this.context?.kind === "edit" ? "" : this.input.value,
      deliver: (what) => this.deliver(what),
      closed: (caption) => { this.sheet = null; if (this.context?.kind !== "edit") this.input.value = caption; this.typed(); this.input.focus(); },
    });
    this.sheet.add(files);
  }

  async deliver({ text, files }) {
    const reply = this.context?.kind === "reply" ? this.context.message.id : 0;
    const sent = await this.pane.send("send", { text, files, reply_to: reply });
    if (sent && reply) this.dropContext();
    return sent;
  }

  replyTo(message) { this.setContext({ kind: "reply", message }); }

  edit(message) {
    this.setContext({ kind: "edit", message });
    this.input.value = message.text;
    this.typed();
  }

  setContext(context) {
    if (this.context?.kind === "edit") this.input.value = "";
    this.context = context;
    const { kind, message } = context;
    this.strip.hidden = false;
    this.strip.replaceChildren(icon(kind),
      el("button", { type: "button", class: "quoted", onclick: () => this.pane.jump(message.id) },
        el("b", {}, kind === "edit" ? "Edit message" : `Reply to ${message.from_id === this.pane.person.id ? "yourself" : message.from}`), el("span", {}, inShort(message))),
      iconButton("close", "Cancel", () => this.clearContext()));
    this.input.focus();
  }

  clearContext() {
    if (this.context?.kind === "edit") this.input.value = "";
    this.dropContext();
    this.typed();
    this.input.focus();
  }

  dropContext() {
    this.context = null;
    this.strip.hidden = true;
  }

  /** Sends what is there. The text stays when the server refuses, so nothing typed is lost. */
  async submit() {
    const text = this.input.value.trim();
    if (this.sending || !text) return;
    this.sending = true;
    this.node.classList.add("sending");
    const { kind, message } = this.context ?? {};
    const sent = kind === "edit"
      ? await this.pane.send("edit", { message_id: message.id, text })
      : await this.pane.send("send", { text, reply_to: kind === "reply" ? message.id : 0 });
    this.sending = false;
    this.node.classList.remove("sending");
    if (!sent) return;
    this.dropContext();
    const { value } = this.input;
    this.input.value = value.trim() === text ? "" : value.trimStart().startsWith(text) ? value.trimStart().slice(text.length).trimStart() : value; // what was typed meanwhile stays
    this.typed();
  }
}
