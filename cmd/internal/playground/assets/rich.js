// Rich messages: blocks of headings, lists, tables, quotations and media, as the Bot API describes them.
// The page gets Telegram's own structure; what is not known here is shown as its text.
import { el } from "./dom.js";
import { fileURL } from "./api.js";
import { link, spoiler } from "./text.js";

const inline = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", subscript: "sub", superscript: "sup", marked: "mark", code: "code" };

/** Text of a rich block: a string, a list of pieces, or one piece with a type. */
function textOf(piece, actions) {
  if (piece === null || piece === undefined) return [];
  if (typeof piece === "string") return [piece];
  if (Array.isArray(piece)) return piece.flatMap((p) => textOf(p, actions));
  const inner = textOf(piece.text ?? piece.alternative_text ?? piece.expression, actions);
  if (inline[piece.type]) return [el(inline[piece.type], {}, inner)];
  switch (piece.type) {
    case "spoiler": { const node = spoiler(); node.append(...inner); return [node]; }
    case "url": { const node = link(piece.url, actions.open); node.append(...inner); return [node]; }
    case "email_address": { const node = link(`mailto:${piece.email_address}`); node.append(...inner); return [node]; }
    case "bot_command": return [el("button", { type: "button", class: "command", onclick: () => actions.command(piece.bot_command) }, inner)];
    case "mathematical_expression": return [el("code", { class: "formula" }, inner)];
    default: return [el("span", { class: `e-${piece.type}` }, inner)];
  }
}

const picture = (file, alt, cls = "rich-picture") => el("img", { class: cls, src: fileURL(file), alt, loading: "lazy" });
const largest = (sizes) => sizes?.at(-1)?.file_id;

const blocks = {
  paragraph: (b, a) => el("p", {}, textOf(b.text, a)),
  heading: (b, a) => el("p", { class: `rich-heading size${b.size}`, role: "heading", "aria-level": String(Math.min(6, (b.size || 1) + 2)) }, textOf(b.text, a)),
  pre: (b, a) => el("pre", { "data-language": b.language }, el("code", {}, textOf(b.text, a))),
  footer: (b, a) => el("p", { class: "rich-footer" }, textOf(b.text, a)),
  divider: () => el("hr"),
  mathematical_expression: (b) => el("pre", { class: "formula" }, b.expression),
  blockquote: (b, a) => el("blockquote", {}, all(b.blocks, a), credit(b.credit, a)),
  pullquote: (b, a) => el("blockquote", { class: "pull" }, textOf(b.text, a), credit(b.credit, a)),
  list: (b, a) => el("ul", { class: "rich-list" }, b.items.map((item) => el("li", {}, el("span", { class: "rich-label", "aria-hidden": item.has_checkbox ? null : "true" }, item.has_checkbox ? (item.is_checked ? "☑" : "☐") : item.label), el("div", {}, all(item.blocks, a))))),
  collage: (b, a) => figure(el("div", { class: "collage" }, all(b.blocks, a)), b, a),
  slideshow: (b, a) => figure(el("div", { class: "slideshow", tabindex: "0", role: "group", "aria-label": "Slideshow" }, all(b.blocks, a)), b, a),
  photo: (b, a) => figure(picture(largest(b.photo), "Picture", b.has_spoiler ? "rich-picture veiled" : "rich-picture"), b, a),
  video: (b, a) => figure(el("video", { src: fileURL(b.video.file_id), controls: true }), b, a),
  animation: (b, a) => figure(el("video", { src: fileURL(b.animation.file_id), controls: true, loop: true }), b, a),
  audio: (b, a) => figure(el("audio", { src: fileURL(b.audio.file_id), controls: true }), b, a),
  voice_note: (b, a) => figure(el("audio", { src: fileURL(b.voice_note.file_id), controls: true }), b, a),
  details: (b, a) => el("details", { open: b.is_open }, el("summary", {}, textOf(b.summary, a)), all(b.blocks, a)),
  table: (b, a) => table(b, a),
  thinking: (b, a) => el("p", { class: "thinking" }, textOf(b.text, a)),
  map: (b, a) => figure(el("div", { class: "place-line" }, `📍 ${b.location.latitude.toFixed(4)}, ${b.location.longitude.toFixed(4)}`), b, a),
  anchor: () => null,
};



function block(b, actions) {
  const draw = blocks[b.type];
  return draw ? draw(b, actions) : el("p", {}, textOf(b.text, actions));
}

const all = (list, actions) => (list ?? []).map((b) => block(b, actions)).filter(Boolean);
const credit = (text, actions) => text && el("cite", {}, textOf(text, actions));

function figure(node, { caption }, actions) {
  return el("figure", {}, node, caption && el("figcaption", {}, textOf(caption.text, actions), credit(caption.credit, actions)));
}

function table(b, actions) {
  const rows = b.cells.map((row) => el("tr", {}, row.map((cell) => el(cell.is_header ? "th" : "td",
    { colspan: cell.colspan, rowspan: cell.rowspan, class: `align-${cell.align ?? "left"}` }, textOf(cell.text, actions)))));
  return el("div", { class: "rich-table", tabindex: "0", role: "group", "aria-label": "Table" }, el("table", { class: b.is_bordered ? "bordered" : null }, b.caption && el("caption", {}, textOf(b.caption, actions)), el("tbody", {}, rows)));
}

/** The body of a rich message. actions: {open(url), command(text)} */
export function richBody(rich, actions) {
  return el("div", { class: "rich", dir: rich.is_rtl ? "rtl" : "auto" }, all(rich.blocks, actions));
}
