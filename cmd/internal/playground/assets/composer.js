// The writing line of one chat: text, pictures and files, replies, edits, commands, and Start.
import { el, icon, iconButton, sizeOf } from "./dom.js";
import { base64 } from "./api.js";
import { store } from "./store.js";
import { menu, toast } from "./overlays.js";
import { CommandList } from "./commands.js";

const maxFiles = 10;
const maxPhoto = 10 * 1024 * 1024;
const maxFile = 20 * 1024 * 1024;
const isPicture = (file) => /^image\/(jpeg|png|webp|gif)$/.test(file.type);

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.files = []; // [{file, url}]
    this.context = null; // {kind: "reply" | "edit", message}
    this.build();
  }

  build() {
    this.input = el("textarea", {
      rows: "1", placeholder: "Message", maxlength: "4096", "aria-label": `Message as ${this.pane.person.name}`, enterkeyhint: "send", dir: "auto",
      oninput: () => this.typed(), onkeydown: (e) => this.key(e), onpaste: (e) => this.pasted(e),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => this.picked() });
    this.commands = new CommandList(this.input, () => this.pane.person.commands, (text, complete) => this.command(text, complete));
    this.strip = el("div", { class: "strip", hidden: true });
    this.tray = el("div", { class: "tray", hidden: true });
    this.asFiles = el("input", { type: "checkbox", onchange: () => this.showTray() });
    this.slash = iconButton("slash", "Commands", () => this.openCommands(), "slash");
    const attach = iconButton("clip", "Attach", () => this.attachMenu(attach), "attach");
    attach.setAttribute("aria-haspopup", "menu");
    this.sendButton = iconButton("send", "Send", () => this.submit(), "send");
    this.hints = el("div", { class: "hints" });
    this.start = el("button", { type: "button", class: "start", onclick: () => this.pane.send("start", {}) }, "Start");
    this.line = el("div", { class: "line-in" }, el("div", { class: "field" }, this.slash, this.input, attach), this.sendButton);
    this.node = el("footer", { class: "composer" }, this.hints, this.commands.node, this.strip, this.tray, this.line, this.start, this.picker);
    this.typed();
  }

  /** Follows the store: Start for an empty chat, hints until the first prompt, no writing when blocked. */
  render() {
    const { person } = this.pane;
    const messages = [...person.messages.values()].filter((m) => !m.deleted);
    const empty = messages.length === 0 && !person.blocked;
    const wrote = messages.some((m) => m.out && !m.text?.startsWith("/"));
    this.start.hidden = !empty || this.files.length > 0;
    this.line.hidden = person.blocked || !this.start.hidden;
    this.node.classList.toggle("blocked", person.blocked);
    this.renderHints(!wrote && !person.blocked, person.blocked);
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

  typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 180)}px`;
    this.commands.filter(this.input.value);
    this.node.classList.toggle("full", Boolean(this.input.value.trim()) || this.files.length > 0);
  }

  key(e) {
    if (e.isComposing || this.commands.key(e)) return;
    if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); this.submit(); }
    else if (e.key === "Escape" && this.context) { e.preventDefault(); this.clearContext(); }
    else if (e.key === "ArrowUp" && !this.input.value && this.editLast()) e.preventDefault();
  }

  editLast() {
    const own = [...this.pane.person.messages.values()].filter((m) => m.out && m.text && !m.deleted).at(-1);
    if (own) this.edit(own);
    return own;
  }

  command(text, complete) {
    if (complete) { this.input.value = `${text} `; this.input.focus(); this.typed(); return; }
    this.input.value = text;
    this.submit();
  }

  openCommands() {
    this.input.value = this.input.value.startsWith("/") ? "" : "/";
    this.input.focus();
    this.typed();
    if (this.pane.person.commands.length === 0) toast("The bot has not set any commands yet.");
  }

  attachMenu(button) {
    const pick = (accept) => { this.picker.accept = accept; this.picker.click(); };
    menu(button, [
      { icon: "image", text: "Picture", run: () => { this.asFiles.checked = false; pick("image/jpeg,image/png,image/webp"); } },
      { icon: "file", text: "File", run: () => { this.asFiles.checked = true; pick(""); } },
      { icon: "smile", text: "Sticker", run: () => this.pane.send("extra", { kind: "sticker" }) },
      { icon: "mic", text: "Voice message", run: () => this.pane.send("extra", { kind: "voice" }) },
      { icon: "pin", text: "Location", run: () => this.pane.send("extra", { kind: "location" }) },
    ]);
  }

  picked() { this.add([...this.picker.files]); this.picker.value = ""; }

  pasted(e) {
    const files = [...e.clipboardData.files];
    if (files.length > 0) { e.preventDefault(); this.asFiles.checked = false; this.add(files); }
  }

  /** Lets files be dropped anywhere on the chat; enter and leave are counted, as children fire them too. */
  acceptDrops(target) {
    let depth = 0;
    const over = (n) => { depth = Math.max(0, n); target.classList.toggle("dropping", depth > 0); };
    target.addEventListener("dragenter", (e) => { if (e.dataTransfer.types.includes("Files")) over(depth + 1); });
    target.addEventListener("dragleave", () => over(depth - 1));
    target.addEventListener("dragover", (e) => e.preventDefault());
    target.addEventListener("drop", (e) => { e.preventDefault(); over(0); this.add([...e.dataTransfer.files]); });
  }

  add(files) {
    for (const file of files) {
      const limit = isPicture(file) && !this.asFiles.checked ? maxPhoto : maxFile;
      if (file.size > limit) toast(`${file.name} is larger than ${sizeOf(limit)}.`, "bad");
      else if (this.files.length >= maxFiles) toast(`At most ${maxFiles} at a time.`, "bad");
      else this.files.push({ file, url: isPicture(file) ? URL.createObjectURL(file) : null });
    }
    this.showTray();
    this.input.focus();
  }

  showTray() {
    const anyPicture = this.files.some((f) => f.url);
    this.tray.hidden = this.files.length === 0;
    this.tray.replaceChildren(...this.files.map((entry) => el("div", { class: "staged", title: entry.file.name },
      entry.url && !this.asFiles.checked ? el("img", { src: entry.url, alt: entry.file.name }) : el("span", { class: "staged-file" }, icon("file"), el("small", {}, entry.file.name)),
      iconButton("close", `Remove ${entry.file.name}`, () => this.remove(entry)))));
    if (anyPicture) this.tray.append(el("label", { class: "as-files" }, this.asFiles, "Send as files, not compressed"));
    this.input.placeholder = this.files.length > 0 ? "Caption" : "Message";
    this.render();
    this.typed();
  }

  remove(entry) {
    if (entry.url) URL.revokeObjectURL(entry.url);
    this.files = this.files.filter((f) => f !== entry);
    this.showTray();
  }

  replyTo(message) { this.setContext({ kind: "reply", message }); }

  edit(message) {
    this.setContext({ kind: "edit", message });
    this.input.value = message.text;
    this.typed();
  }

  setContext(context) {
    this.context = context;
    const { kind, message } = context;
    this.strip.hidden = false;
    this.strip.replaceChildren(icon(kind),
      el("span", { class: "quoted" }, el("b", {}, kind === "edit" ? "Edit message" : `Reply to ${message.out ? "yourself" : message.from}`), el("span", {}, message.text || "Picture")),
      iconButton("close", "Cancel", () => this.clearContext()));
    this.input.focus();
  }

  clearContext() {
    if (this.context?.kind === "edit") this.input.value = "";
    this.context = null;
    this.strip.hidden = true;
    this.typed();
  }

  /** Sends what is there. The text stays when the server refuses, so nothing typed is lost. */
  async submit() {
    const text = this.input.value.trim();
    if (this.sending || (!text && this.files.length === 0)) return;
    this.sending = true;
    this.node.classList.add("sending");
    const sent = await this.deliver(text);
    this.sending = false;
    this.node.classList.remove("sending");
    if (!sent) return;
    this.context = null;
    this.strip.hidden = true;
    this.input.value = "";
    for (const entry of [...this.files]) this.remove(entry);
    this.typed();
  }

  async deliver(text) {
    const { kind, message } = this.context ?? {};
    if (kind === "edit") return this.pane.send("edit", { message_id: message.id, text });
    const plain = this.asFiles.checked;
    try {
      const files = await Promise.all(this.files.map(async ({ file, url }) =>
        ({ name: file.name, data: await base64(file), photo: Boolean(url) && !plain && file.type !== "image/gif" })));
      return await this.pane.send("send", { text, files, reply_to: kind === "reply" ? message.id : 0 });
    } catch (problem) {
      toast(problem.message, "bad");
      return null;
    }
  }
}
