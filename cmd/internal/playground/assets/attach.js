// The sheet before files are sent: their order, a caption, and whether pictures go compressed or as files.
import { el, icon, iconButton, sizeOf } from "./dom.js";
import { base64 } from "./api.js";
import { modal, toast } from "./overlays.js";

const maxFiles = 10;
const maxPhoto = 10 * 1024 * 1024;
const maxFile = 20 * 1024 * 1024;
const isPicture = (file) => /^image\/(jpeg|png|webp)$/.test(file.type);
const isFilm = (file) => /^video\/(mp4|webm|quicktime)$/.test(file.type);

/** What the app would send a file as. */
function kindOf(file, plain) {
  if (plain) return "document";
  if (isPicture(file)) return "photo";
  if (file.type === "image/gif") return "animation";
  if (isFilm(file)) return "video";
  return /^audio\//.test(file.type) ? "audio" : "document";
}

export class AlbumSheet {
  /** deliver({text, files}) sends and resolves to whether it was accepted; closed() is called at the end. */
  constructor({ plain, caption, deliver, closed }) {
    this.entries = []; // [{file, url}]
    this.deliver = deliver;
    this.compress = el("input", { type: "checkbox", id: "compress", checked: !plain, onchange: () => this.draw() });
    this.spoiler = el("input", { type: "checkbox", id: "spoiler" });
    this.title = el("h2", {});
    this.grid = el("ul", { class: "staged-list" });
    this.caption = el("textarea", { rows: "1", maxlength: "1024", placeholder: "Add a caption…", "aria-label": "Caption", dir: "auto", onkeydown: (e) => this.key(e) });
    this.caption.value = caption ?? "";
    this.more = el("input", { type: "file", multiple: true, hidden: true, onchange: () => { this.add([...this.more.files]); this.more.value = ""; } });
    this.sendButton = el("button", { type: "button", class: "primary", onclick: () => this.submit() }, "Send");
    this.options = el("div", { class: "album-options" },
      el("label", { for: "compress" }, this.compress, "Compress pictures"), el("label", { for: "spoiler" }, this.spoiler, "Hide with a spoiler"));
    this.box = modal("card sheet album-sheet", "Send files",
      el("div", { class: "sheet-bar" }, this.title, iconButton("add", "Add more files", () => this.more.click()), iconButton("close", "Close", () => this.box.close())),
      this.grid, this.options, el("div", { class: "caption-line" }, this.caption, this.sendButton), this.more);
    this.box.addEventListener("paste", (e) => { if (e.clipboardData.files.length > 0) { e.preventDefault(); this.add([...e.clipboardData.files]); } });
    this.box.addEventListener("dragover", (e) => e.preventDefault());
    this.box.addEventListener("drop", (e) => { e.preventDefault(); if (e.dataTransfer.files.length > 0) this.add([...e.dataTransfer.files]); });
    this.box.addEventListener("close", () => {
      for (const { url } of this.entries) if (url) URL.revokeObjectURL(url);
      closed(this.sent ? "" : this.caption.value);
    });
  }

  add(files) {
    for (const file of files) {
      const limit = isPicture(file) && this.compress.checked ? maxPhoto : maxFile;
      if (file.size > limit) toast(`${file.name} is larger than ${sizeOf(limit)}.`, "bad");
      else if (this.entries.length >= maxFiles) toast(`At most ${maxFiles} at a time.`, "bad");
      else this.entries.push({ file, url: /^image\//.test(file.type) ? URL.createObjectURL(file) : null });
    }
    this.draw();
    this.caption.focus();
  }

  draw() {
    const { length } = this.entries;
    if (length === 0) { this.box.close(); return; }
    const kinds = new Set(this.entries.map(({ file }) => kindOf(file, !this.compress.checked)));
    const word = kinds.size === 1 && kinds.has("photo") ? "photo" : kinds.size === 1 && kinds.has("video") ? "video" : "file";
    this.title.textContent = `Send ${length === 1 ? `a ${word}` : `${length} ${word}s`}`;
    this.options.hidden = !this.entries.some(({ file }) => isPicture(file) || isFilm(file));
    this.spoiler.parentElement.hidden = !kinds.has("photo") && !kinds.has("video");
    this.grid.classList.toggle("as-list", !kinds.has("photo") && !kinds.has("video"));
    this.grid.replaceChildren(...this.entries.map((entry, at) => this.tile(entry, at)));
  }

  tile(entry, at) {
    const { file, url } = entry;
    const shown = url && this.compress.checked ? el("img", { src: url, alt: file.name, draggable: "false" }) : el("span", { class: "staged-file" }, icon("file"), el("small", {}, file.name), el("small", { class: "dim" }, sizeOf(file.size)));
    const node = el("li", { class: "staged", draggable: "true", title: file.name }, shown,
      el("div", { class: "staged-tools" },
        at > 0 && iconButton("left", `Move ${file.name} forward`, () => this.move(at, at - 1)),
        at < this.entries.length - 1 && iconButton("right", `Move ${file.name} back`, () => this.move(at, at + 1)),
        iconButton("close", `Remove ${file.name}`, () => this.remove(at))));
    node.addEventListener("dragstart", (e) => { this.dragged = at; e.dataTransfer.effectAllowed = "move"; });
    node.addEventListener("dragover", (e) => { if (this.dragged !== undefined) { e.preventDefault(); e.stopPropagation(); } });
    node.addEventListener("drop", (e) => { if (this.dragged !== undefined) { e.preventDefault(); e.stopPropagation(); this.move(this.dragged, at); this.dragged = undefined; } });
    return node;
  }

  move(from, to) {
    const [entry] = this.entries.splice(from, 1);
    this.entries.splice(to, 0, entry);
    this.draw();
    this.grid.children[to].querySelector("button")?.focus();
  }

  remove(at) {
    const [{ url }] = this.entries.splice(at, 1);
    if (url) URL.revokeObjectURL(url);
    this.draw();
  }

  key(e) {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.submit(); }
  }

  async submit() {
    if (this.sending) return;
    this.sending = true;
    this.sendButton.disabled = true;
    try {
      const plain = !this.compress.checked;
      const files = await Promise.all(this.entries.map(async ({ file }) => ({
        name: file.name, mime: file.type, kind: kindOf(file, plain), spoiler: this.spoiler.checked && !plain, data: await base64(file),
      })));
      this.sent = Boolean(await this.deliver({ text: this.caption.value.trim(), files }));
      if (this.sent) this.box.close();
    } catch (problem) { toast(problem.message, "bad"); }
    this.sending = false;
    this.sendButton.disabled = false;
  }
}

/** A poll to send: a question and two to ten answers. send({question, options, multiple, anonymous}) */
export function pollForm(send) {
  const question = el("input", { id: "poll-question", maxlength: "300", required: true, autocomplete: "off" });
  const answers = el("textarea", { id: "poll-answers", rows: "4", required: true, placeholder: "One answer on each line" });
  const multiple = el("input", { type: "checkbox", id: "poll-multiple" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const form = el("form", { method: "dialog" }, el("h2", {}, "New poll"),
    el("label", { for: "poll-question" }, "Question"), question, el("label", { for: "poll-answers" }, "Answers"), answers,
    el("label", { class: "check", for: "poll-multiple" }, multiple, "Several answers allowed"), wrong,
    el("div", { class: "card-actions" }, el("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Cancel"), el("button", { type: "submit", class: "primary" }, "Create")));
  const box = modal("card", "New poll", form);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const options = answers.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (options.length < 2 || options.length > 10) { wrong.textContent = "A poll has two to ten answers."; return; }
    if (await send({ question: question.value.trim(), options, multiple: multiple.checked })) box.close();
  });
}
