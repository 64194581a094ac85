// One row of the log: a bubble, an album, or a line in the middle.
import { avatar, el, icon, iconButton, timeOf } from "./dom.js";
import { fileURL } from "./api.js";
import { formatted } from "./text.js";
import { frameWidth, isLoose, isVisual, media } from "./media.js";
import { inlineKeyboard } from "./keys.js";
import { contentOf } from "./rows.js";
import { reactions } from "./reactions.js";

/** A line in the middle: a day, or something that happened. */
export const divider = (text) => el("div", { class: "divider", role: "presentation" }, el("span", {}, text));

const hueOf = (id) => `name${Math.abs(Number(id)) % 7}`;

/**
 * Builds the row of one message, or of several that share a media group: {messages, first, last, seen} of rows.js.
 * actions: see Pane.actions.
 */
export function row({ messages, first, last, seen }, actions) {
  const message = messages[0];
  if (message.service) return serviceRow(message, actions);
  const captioned = messages.find((m) => m.text) ?? message;
  const bubble = bubbleOf(messages, captioned, { first, seen }, actions);
  if (message.effect) bubble.append(el("span", { class: "effect", "aria-hidden": "true" }, "🎉"));
  const body = el("div", { class: "body" }, bubble, inlineKeyboard(messages.at(-1), actions));
  if (isVisual(message)) {
    body.classList.add("framed");
    body.style.setProperty("--w", `${frameWidth(messages)}px`);
  }
  const node = el("article", {
    class: `msg ${message.out ? "out" : "in"} ${first ? "first" : ""} ${last ? "last" : ""} ${message.protected ? "protected" : ""}`,
    "data-id": message.id, tabindex: "-1", "aria-label": spoken(messages, captioned),
  }, el("div", { class: "line" }, face(message, last, actions), body, tools(captioned, actions)));
  node.addEventListener("contextmenu", (e) => {
    if (e.target.closest("a, textarea") || getSelection().toString()) return; // the browser's own menu is the better one
    e.preventDefault();
    actions.menu(captioned, messages, node, e.clientX || e.clientY ? { x: e.clientX, y: e.clientY } : null);
  });
  return node;
}

function bubbleOf(messages, captioned, { first, seen }, actions) {
  const message = messages[0];
  const bubble = el("div", { class: "bubble" });
  const chips = reactions(message, actions);
  const text = captioned.text && el("div", { class: "text", dir: "auto" }, formatted(captioned.text, captioned.entities, actions));
  const head = [nameOf(message, first, actions), forwardedLine(message), message.via && el("div", { class: "via" }, "via ", el("b", {}, `@${message.via}`)), message.reply && quote(message.reply, actions)].filter(Boolean);
  const bare = isLoose(message) || (isVisual(message) && !text && head.length === 0 && !chips && !message.place?.title);
  if (bare) bubble.classList.add("bare");
  if (isLoose(message)) bubble.classList.add("loose");
  if (text && onlyEmoji(captioned.text) && !captioned.entities?.length && head.length === 0) bubble.classList.add("jumbo", "bare", "loose");
  const pieces = media(messages, captioned, actions);
  bubble.append(...head, ...(message.above && text ? [text, ...pieces] : [...pieces, text].filter(Boolean)));
  if (chips) bubble.append(chips);
  (chips ?? (text && !message.above ? text : bubble)).append(metaOf(messages, seen));
  return bubble;
}

const emojiOnly = /^(\p{Extended_Pictographic}(\u200d\p{Extended_Pictographic}|\ufe0f|\p{Emoji_Modifier})*\s*){1,3}$/u;
const onlyEmoji = (text) => text.length < 40 && emojiOnly.test(text);

/** Something that happened, in the middle; it can still be answered or deleted by its menu. */
function serviceRow(message, actions) {
  const node = divider(message.service);
  node.classList.add("service");
  node.setAttribute("data-id", message.id);
  node.addEventListener("contextmenu", (e) => { e.preventDefault(); actions.menu(message, [message], node, { x: e.clientX, y: e.clientY }); });
  return node;
}

/** In groups, others have a name above their first bubble and a face beside their last one. */
function nameOf(message, first, actions) {
  if (!actions.group || message.out || !first || isLoose(message)) return null;
  return el("div", { class: `sender ${hueOf(message.from_id)}` }, message.from);
}

function face(message, last, actions) {
  if (!actions.group || message.out) return null;
  return last ? avatar(message.from, message.from_id, "beside") : el("span", { class: "avatar-room" });
}

const forwardedLine = (m) => m.forwarded && el("div", { class: "forwarded" }, "Forwarded from ", el("b", {}, m.forwarded));

/** Who, what and when, for those who hear the page. */
function spoken(messages, captioned) {
  const m = messages[0];
  const what = messages.length > 1 ? `album of ${messages.length}${captioned.text ? `, ${captioned.text}` : ""}` : captioned.text ? `${hasMedia(m) ? `${contentOf(m)}, ` : ""}${captioned.text}` : contentOf(m);
  const extras = [m.reply && `in reply to ${m.reply.from}`, m.forwarded && `forwarded from ${m.forwarded}`, messages.some((x) => x.edited) && "edited"].filter(Boolean);
  return `${m.out ? "You" : m.from}: ${what.slice(0, 300)}${extras.length ? `, ${extras.join(", ")}` : ""}, ${timeOf(m.date)}`;
}

const hasMedia = (m) => Boolean(m.photo || m.video || m.document || m.audio || m.voice);

function metaOf(messages, seen) {
  const m = messages.at(-1);
  const meta = el("span", { class: "meta" });
  if (m.pinned) meta.append(icon("pinned", "pinned-mark"));
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
  return el("button", { type: "button", class: `quote ${hueOf(reply.from_id)} ${reply.quoted ? "part" : ""}`, "aria-label": `In reply to ${reply.from}: ${reply.text}`, onclick: () => actions.jump(reply.id) },
    reply.photo && el("img", { src: fileURL(reply.photo), alt: "" }),
    el("span", { class: "quoted" }, el("b", {}, reply.from), el("span", {}, reply.text)));
}

/** For the pointer; keyboards and screen readers have the message's menu. */
function tools(m, actions) {
  return el("div", { class: "msg-tools" },
    iconButton("reply", "Reply", () => actions.reply(m)),
    iconButton("more", "More", (e) => actions.menu(m, [m], e.currentTarget.closest(".msg"), { x: e.clientX, y: e.clientY })));
}
