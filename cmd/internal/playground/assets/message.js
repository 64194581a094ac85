// One row of the log: a bubble, an album, or a line in the middle.
import { el, icon, iconButton, sizeOf, timeOf } from "./dom.js";
import { fileURL } from "./api.js";
import { formatted } from "./text.js";
import { showPicture } from "./overlays.js";

/** A line in the middle: a day, or something that happened. */
export const divider = (text) => el("div", { class: "divider", role: "presentation" }, el("span", {}, text));

/**
 * Builds the row of one message, or of several that share a media group: {messages, seen} of rows.js.
 * actions: {press(message, key), reply(message), edit(message), remove(message), command(text), jump(id), pressing: Set}
 */
export function row({ messages, seen }, actions) {
  const message = messages[0];
  if (message.service) return divider(message.service);
  const captioned = messages.find((m) => m.text) ?? message;
  const bubble = el("div", { class: "bubble" });
  const bare = message.sticker || (isVisual(message) && !captioned.text && !message.reply && !message.forwarded && !message.reactions);
  if (bare) bubble.classList.add("bare");
  if (message.sticker) bubble.classList.add("sticker");
  if (message.forwarded) bubble.append(el("div", { class: "forwarded" }, "Forwarded from ", el("b", {}, message.forwarded)));
  if (message.reply) bubble.append(quote(message.reply, actions));
  const text = captioned.text && el("div", { class: "text", dir: "auto" }, formatted(captioned.text, captioned.entities, actions.command));
  const pieces = media(messages, captioned);
  bubble.append(...(message.above && text ? [text, ...pieces] : [...pieces, text].filter(Boolean)));
  if (message.reactions?.length) bubble.append(el("div", { class: "reactions" }, message.reactions.map((r) => el("span", {}, r))));
  (text && !message.above && !message.reactions?.length ? text : bubble).append(metaOf(messages, seen));
  const body = el("div", { class: "body" }, bubble, keyboard(messages.at(-1), actions));
  frame(body, messages);
  return el("article", { class: `msg ${message.out ? "out" : "in"}`, "data-id": message.id, "aria-label": spoken(message) },
    el("div", { class: "line" }, body, tools(captioned, actions)));
}

const isVisual = (m) => Boolean(m.photo);

const spoken = (m) => `${m.out ? "You" : m.from}, ${timeOf(m.date)}`;

function metaOf(messages, seen) {
  const m = messages.at(-1);
  const meta = el("span", { class: "meta" });
  if (messages.some((x) => x.edited)) meta.append(el("span", { class: "edited" }, "edited"));
  meta.append(el("time", { datetime: new Date(m.date * 1000).toISOString() }, timeOf(m.date)));
  if (m.out) {
    const label = seen ? "The bot has reacted" : "Sent";
    meta.append(el("span", { class: `ticks ${seen ? "two" : ""}`, role: "img", "aria-label": label, title: label },
      icon("check"), seen && icon("check")));
  }
  return meta;
}

function quote(reply, actions) {
  return el("button", { type: "button", class: "quote", onclick: () => actions.jump(reply.id) },
    reply.photo && el("img", { src: fileURL(reply.photo), alt: "" }),
    el("span", { class: "quoted" }, el("b", {}, reply.from), el("span", {}, reply.text || "Photo")));
}

function media(messages, captioned) {
  if (messages.length > 1 && messages.every(isVisual)) return [album(messages, captioned)];
  return messages.flatMap((m) => piece(m, captioned)).filter(Boolean);
}

function piece(m, captioned) {
  if (m.photo) return [picture(m, captioned, "photo")];
  if (m.document) return [documentCard(m.document)];
  if (m.sticker) return [el("span", { class: "big-emoji", role: "img", "aria-label": "sticker" }, m.sticker)];
  if (m.voice) return [el("div", { class: "voice" }, el("span", { class: "disc" }, icon("play")), el("span", { class: "wave", "aria-hidden": "true" }), el("span", {}, `Voice, ${m.voice} s`))];
  if (m.location) return [el("div", { class: "place" }, icon("pin"), `${m.location.latitude.toFixed(4)}, ${m.location.longitude.toFixed(4)}`)];
  if (m.invoice) return [invoice(m.invoice)];
  if (m.other) return [el("div", { class: "place" }, icon("file"), m.other)];
  return [];
}

/** Two columns for two and four, otherwise wide rows first: the shape depends on the count alone. */
function album(messages, captioned) {
  return el("div", { class: `album n${messages.length}` }, messages.map((m) => picture(m, captioned, "tile")));
}

function picture(m, captioned, cls) {
  const { photo } = m;
  const alt = (m.text || captioned.text || "").slice(0, 200);
  const image = el("img", { src: fileURL(photo.file), alt: alt ? `Picture: ${alt}` : "Picture", width: photo.width, height: photo.height, loading: "lazy", draggable: "false" });
  const button = el("button", { type: "button", class: `${cls} ${photo.spoiler ? "veiled" : ""}`, title: "Enlarge" }, image);
  if (cls === "photo") button.style.setProperty("--ratio", String((photo.width || 1) / (photo.height || 1)));
  button.addEventListener("click", () => {
    if (button.classList.contains("veiled")) { button.classList.remove("veiled"); return; }
    showPicture(photo, alt);
  });
  return button;
}

/** The bubble takes the width of its picture: Telegram's frame, at most 420 by 420 and at least 160 wide. */
function frame(body, messages) {
  const { photo } = messages[0];
  if (!photo) return;
  const { width, height } = photo;
  const scale = Math.min(1, 420 / width, 420 / height) || 1;
  body.classList.add("framed");
  body.style.setProperty("--w", messages.length > 1 ? "420px" : `${Math.max(160, Math.round(width * scale) || 280)}px`);
}

function documentCard(d) {
  return el("a", { class: "doc", href: fileURL(d.file, true), download: d.name, title: `Download ${d.name}` },
    el("span", { class: "disc" }, icon("file")),
    el("span", { class: "doc-text" }, el("b", {}, d.name || "file"), el("span", {}, sizeOf(d.size))));
}

function invoice(i) {
  const price = i.currency === "XTR" ? `⭐ ${i.amount}` : `${i.amount / 100} ${i.currency}`;
  return el("div", { class: "invoice" }, el("b", {}, i.title), el("p", {}, i.description), el("span", { class: "price" }, price));
}

function tools(m, actions) {
  const list = el("div", { class: "msg-tools" }, iconButton("reply", "Reply", () => actions.reply(m)));
  if (m.out && m.text) list.append(iconButton("edit", "Edit", () => actions.edit(m)));
  list.append(iconButton("close", "Delete for both", () => actions.remove(m)));
  return list;
}

function keyboard(m, actions) {
  if (!m.keyboard?.length) return null;
  return el("div", { class: "keyboard" }, m.keyboard.map((line) =>
    el("div", { class: "keys" }, line.map((key) => keyOf(m, key, actions)))));
}

const marks = { url: "link", pay: "star", web_app: "link" };

function keyOf(m, key, actions) {
  const busy = actions.pressing.has(`${m.id}:${key.kind}:${key.value}`);
  return el("button", {
    type: "button", class: `key ${key.style ?? ""} ${busy ? "busy" : ""}`, "aria-busy": String(busy), onclick: () => actions.press(m, key),
  }, el("span", {}, key.text), marks[key.kind] && icon(marks[key.kind], "mark"));
}
