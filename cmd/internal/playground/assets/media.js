// What a message carries besides its text: pictures and albums, films, files, stickers, places, contacts, dice, invoices.
import { avatar, el, icon, sizeOf } from "./dom.js";
import { fileURL } from "./api.js";
import { mosaic } from "./mosaic.js";
import { audioCard, film, lengthOf, roundFilm, voiceCard } from "./player.js";
import { showPicture } from "./viewer.js";
import { pollCard } from "./poll.js";
import { richBody } from "./rich.js";

/** Whether m is drawn edge to edge, as a picture is. */
export const isVisual = (m) => Boolean(m.photo || (m.video && m.video.kind !== "round") || m.place || m.paid);

/** Whether m stands on the wallpaper without a bubble. */
export const isLoose = (m) => Boolean(m.sticker || m.dice || m.video?.kind === "round");

/** The pieces of one message, or of the messages of one album. captioned is the one with the text. */
export function media(messages, captioned, actions) {
  if (messages.length > 1 && messages.every((m) => m.photo || m.video)) return [album(messages, captioned)];
  return messages.flatMap((m) => piece(m, captioned, actions)).filter(Boolean);
}

function piece(m, captioned, actions) {
  if (m.photo) return [picture(m, captioned, "photo")];
  if (m.video) return [m.video.kind === "round" ? roundFilm(m.video) : filmFrame(m)];
  if (m.document) return [documentCard(m)];
  if (m.sticker) return [sticker(m.sticker)];
  if (m.voice) return [voiceCard(m.voice)];
  if (m.audio) return [audioCard(m.audio)];
  if (m.dice) return [dice(m.dice)];
  if (m.place) return [place(m.place)];
  if (m.contact) return [contact(m.contact)];
  if (m.poll) return [pollCard(m, actions)];
  if (m.invoice) return [invoice(m.invoice)];
  if (m.paid) return [paidMedia(m, actions)];
  if (m.rich) return [richBody(m.rich, actions)];
  if (m.other) return [el("div", { class: "place-line" }, icon("file"), m.other)];
  return [];
}

/** Tiles in percentages of the whole, so that the album scales with its bubble. */
function album(messages, captioned) {
  const sizes = messages.map((m) => m.photo ?? m.video);
  const { width, height, tiles } = mosaic(sizes.map((s) => (s.width || 1) / (s.height || 1)));
  const box = el("div", { class: `album n${messages.length}` }, messages.map((m, i) => {
    const tile = m.photo ? picture(m, captioned, "tile") : film(m.video, "tile");
    const { x, y, width: w, height: h } = tiles[i];
    for (const [name, part] of [["left", x / width], ["top", y / height], ["width", w / width], ["height", h / height]]) tile.style.setProperty(name, `${(part * 100).toFixed(3)}%`);
    return tile;
  }));
  box.style.setProperty("--ratio", String(width / height));
  box.style.setProperty("--share", String(width / 420));
  return box;
}

function picture(m, captioned, cls) {
  const { photo } = m;
  const alt = (m.text || captioned.text || "").slice(0, 200);
  const image = el("img", { src: fileURL(photo.file), alt: alt ? `Picture: ${alt}` : "Picture", width: photo.width, height: photo.height, loading: "lazy", draggable: "false" });
  const button = el("button", { type: "button", class: `${cls} ${photo.spoiler ? "veiled" : ""}`, "aria-label": photo.spoiler ? "Hidden picture: press to show" : `Enlarge ${image.alt}` }, image);
  if (cls === "photo") ratioOf(button, photo);
  button.addEventListener("click", () => {
    if (unveil(button)) { button.setAttribute("aria-label", `Enlarge ${image.alt}`); return; }
    showPicture({ photo, caption: alt, locked: m.protected, button });
  });
  return button;
}

function filmFrame(m) {
  const node = film(m.video, "photo");
  ratioOf(node, m.video);
  return node;
}

const ratioOf = (node, { width, height }) => node.style.setProperty("--ratio", String(Math.min(2.6, Math.max(0.42, (width || 1) / (height || 1)))));

/** Takes the veil off; reports whether there was one. */
function unveil(node) {
  if (!node.classList.contains("veiled")) return false;
  node.classList.remove("veiled");
  return true;
}

/** The frame of what is drawn edge to edge: at most 420 by 420, at least 160 wide, or the width of the text below. */
export function frameWidth(messages) {
  if (messages.length > 1 && messages.every((m) => m.photo || m.video)) return 420;
  const { photo, video, place: at, paid } = messages[0];
  const { width, height } = photo ?? video ?? (at || paid ? { width: 320, height: 200 } : {});
  if (!width || !height) return 280;
  return Math.max(160, Math.round(width * Math.min(1, 420 / width, 420 / height)));
}

const endingOf = (name) => /\.([a-z0-9]{1,5})$/i.exec(name ?? "")?.[1]?.toLowerCase() ?? "file";
const familyOf = { pdf: "red", zip: "amber", gz: "amber", png: "green", jpg: "green", jpeg: "green", webp: "green", gif: "green", json: "blue", txt: "blue", csv: "green", mp4: "violet", mp3: "violet" };

function documentCard({ document: d, protected: locked }) {
  const ending = endingOf(d.name);
  const face = d.thumb
    ? el("img", { class: "doc-face", src: fileURL(d.thumb), alt: "", loading: "lazy" })
    : el("span", { class: `doc-face ${familyOf[ending] ?? "blue"}`, "aria-hidden": "true" }, ending);
  const inner = [el("span", { class: "doc-icon" }, face, !locked && el("span", { class: "doc-get" }, icon("download"))),
    el("span", { class: "doc-text" }, el("b", {}, d.name || "file"), el("span", {}, `${sizeOf(d.size)} · ${ending.toUpperCase()}`))];
  if (locked) return el("div", { class: "doc", title: "Protected: cannot be saved" }, inner);
  return el("a", { class: "doc", href: fileURL(d.file, true), download: d.name, "aria-label": `Download ${d.name}, ${sizeOf(d.size)}` }, inner);
}

function sticker(s) {
  if (!s.drawn) return el("span", { class: "big-emoji", role: "img", "aria-label": `Sticker ${s.emoji}` }, s.emoji || "🖼");
  const image = el("img", { class: "sticker-image", src: fileURL(s.file), alt: `Sticker ${s.emoji ?? ""}`.trim(), width: s.width, height: s.height, draggable: "false" });
  image.addEventListener("error", () => image.replaceWith(sticker({ ...s, drawn: false })));
  return image;
}

/** Where the pips of each face are, on a grid of three by three. */
const pips = [[5], [1, 9], [1, 5, 9], [1, 3, 7, 9], [1, 3, 5, 7, 9], [1, 3, 4, 6, 7, 9]];

function die(value) {
  return el("span", { class: "die", "aria-hidden": "true" }, pips[value - 1].map((at) => {
    const pip = el("i", {});
    pip.style.gridArea = `${Math.ceil(at / 3)} / ${(at - 1) % 3 + 1}`;
    return pip;
  }));
}

/** A die rolls for a moment when its message is new, then rests on its value. */
function dice({ emoji, value }) {
  const face = emoji === "🎲" ? die(value) : el("span", { class: "big-emoji", "aria-hidden": "true" }, emoji);
  return el("div", { class: "dice", role: "img", "aria-label": `${emoji} shows ${value}` }, face, el("span", { class: "dice-value", "aria-hidden": "true" }, String(value)));
}

/** A drawn map: nothing is loaded from elsewhere. Streets follow the coordinates, so that two places differ. */
function place(at) {
  const map = el("div", { class: "map", role: "img", "aria-label": `Map of ${at.latitude.toFixed(4)}, ${at.longitude.toFixed(4)}` }, el("span", { class: "map-pin" }, icon("pin")));
  map.style.setProperty("--turn", `${Math.round((at.latitude * 7 + at.longitude * 13) % 60) - 30}deg`);
  map.style.setProperty("--shift", `${Math.abs(Math.round(at.longitude * 37)) % 60}px`);
  const lines = at.title
    ? el("div", { class: "venue" }, el("b", {}, at.title), el("span", {}, at.address))
    : el("div", { class: "venue bare-place" }, el("span", {}, `${at.latitude.toFixed(4)}, ${at.longitude.toFixed(4)}`));
  return el("div", { class: "place" }, map, lines);
}

function contact(c) {
  return el("div", { class: "contact" }, avatar(c.name, c.user ?? c.phone.length, "contact-face"), el("span", { class: "doc-text" }, el("b", {}, c.name), el("span", {}, c.phone)));
}

export const priceOf = (amount, currency) => (currency === "XTR" ? `⭐ ${amount.toLocaleString("en")}` : `${(amount / 100).toFixed(2)} ${currency}`);

function invoice(i) {
  const shown = i.photo ? el("img", { class: "invoice-photo", src: i.photo, alt: "" }) : el("span", { class: "invoice-star", "aria-hidden": "true" }, "⭐");
  return el("div", { class: "invoice" }, shown,
    el("div", { class: "invoice-text" }, el("b", {}, i.title), el("p", {}, i.description),
      el("span", { class: "price" }, priceOf(i.amount, i.currency), i.period ? " / month" : "")));
}

function paidMedia(m, actions) {
  const { stars, bought, items } = m.paid;
  if (m.from_id === actions.viewer || bought?.includes(actions.viewer)) return el("div", { class: "paid open" }, items.map((x) => (x.photo ? picture({ photo: x.photo }, m, "photo") : x.video ? filmFrame(x) : null)));
  return el("button", { type: "button", class: "paid", onclick: () => actions.unlock(m), "aria-label": `Unlock for ${stars} Stars` },
    el("span", { class: "paid-veil", "aria-hidden": "true" }), el("span", { class: "paid-price" }, icon("lock"), `Unlock for ⭐ ${stars}`), items[0]?.duration ? el("span", { class: "film-time" }, lengthOf(items[0].duration)) : null);
}
