// Sound and film: voice messages with their waveform, music, videos, animations and round videos.
// One plays at a time, as in the app.
import { el, icon, sizeOf } from "./dom.js";
import { fileURL } from "./api.js";
import { toast } from "./overlays.js";
import { showFilm } from "./viewer.js";

const bars = 46;
const drawn = new Map(); // file → heights; decoding the same voice twice is waste
let playing = null;

export const lengthOf = (seconds) => `${Math.floor((seconds || 0) / 60)}:${String(Math.floor((seconds || 0) % 60)).padStart(2, "0")}`;

/** Plays or pauses; anything else that plays stops. */
async function toggle(player) {
  if (!player.paused) { player.pause(); return; }
  if (playing && playing !== player) playing.pause();
  playing = player;
  try { await player.play(); } catch (problem) {
    if (problem.name !== "AbortError") toast("This file cannot be played here.", "bad");
  }
}

export function voiceCard(v) {
  const wave = el("div", { class: "wave", role: "slider", tabindex: "0", "aria-label": "Voice message", "aria-valuemin": "0", "aria-valuemax": String(v.duration || 1), "aria-valuenow": "0" });
  const card = soundCard(v, "Voice message", wave);
  shape(wave, v);
  return card;
}

export function audioCard(a) {
  const title = el("b", {}, a.title || a.name || "Audio");
  const track = el("div", { class: "track", role: "slider", tabindex: "0", "aria-label": `Position in ${a.title || a.name || "the audio"}`, "aria-valuemin": "0", "aria-valuemax": String(a.duration || 1), "aria-valuenow": "0" });
  const card = soundCard(a, a.title || a.name || "audio", track, title, a.performer && el("span", { class: "performer" }, a.performer));
  card.classList.add("music");
  if (a.thumb) card.querySelector(".disc").style.setProperty("background-image", `url("${fileURL(a.thumb)}")`);
  return card;
}

/** A round button, a slider and a clock around one audio element, which is only made when it is needed. */
function soundCard(sound, name, slider, ...above) {
  const clock = el("span", { class: "clock" }, `${lengthOf(sound.duration)}${sound.size ? ` · ${sizeOf(sound.size)}` : ""}`);
  const button = el("button", { type: "button", class: "disc", "aria-label": `Play ${name}, ${lengthOf(sound.duration)}` }, icon("play"));
  let audio = null;
  const ready = () => audio ??= listen(new Audio(fileURL(sound.file)), { sound, name, slider, clock, button });
  button.addEventListener("click", () => toggle(ready()));
  const seek = (part) => {
    const player = ready();
    player.currentTime = Math.min(Math.max(part, 0), 1) * lengthIn(player, sound);
    progress(slider, player, sound);
  };
  slider.addEventListener("pointerdown", (e) => seek((e.clientX - slider.getBoundingClientRect().left) / slider.clientWidth));
  slider.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 0.1, ArrowLeft: -0.1, ArrowUp: 0.1, ArrowDown: -0.1 }[e.key];
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    seek(ready().currentTime / lengthIn(audio, sound) + step);
  });
  return el("div", { class: "sound" }, button, el("div", { class: "sound-body" }, above, slider, clock));
}

const lengthIn = (player, sound) => (Number.isFinite(player.duration) && player.duration > 0 ? player.duration : sound.duration || 1);

function listen(audio, { sound, name, slider, clock, button }) {
  const draw = () => {
    button.replaceChildren(icon(audio.paused ? "play" : "pause"));
    button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${name}`);
    clock.textContent = lengthOf(audio.paused && !audio.currentTime ? sound.duration : audio.currentTime);
  };
  for (const event of ["play", "pause"]) audio.addEventListener(event, draw);
  audio.addEventListener("timeupdate", () => { progress(slider, audio, sound); draw(); });
  audio.addEventListener("ended", () => { audio.currentTime = 0; progress(slider, audio, sound); draw(); });
  return audio;
}

function progress(slider, audio, sound) {
  const part = audio.currentTime / lengthIn(audio, sound);
  slider.style.setProperty("--played", `${(part * 100).toFixed(1)}%`);
  slider.setAttribute("aria-valuenow", audio.currentTime.toFixed(1));
  slider.setAttribute("aria-valuetext", lengthOf(audio.currentTime));
}

/** The loudness of the file as bars; what cannot be decoded gets a quiet pattern of its own. */
async function shape(wave, v) {
  const heights = drawn.get(v.file) ?? patternOf(v.file);
  paint(wave, heights);
  if (drawn.has(v.file)) return;
  drawn.set(v.file, heights);
  try {
    const bytes = await (await fetch(fileURL(v.file))).arrayBuffer();
    const loud = loudness(await samplesOf(bytes));
    if (loud) { drawn.set(v.file, loud); paint(wave, loud); }
  } catch { /* the pattern stays */ }
}

const samplesOf = async (bytes) => (await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes)).getChannelData(0);

function loudness(samples) {
  const { length } = samples;
  const step = Math.max(1, Math.floor(length / bars));
  const peaks = Array.from({ length: bars }, (_, i) => {
    let peak = 0;
    for (let at = i * step; at < Math.min((i + 1) * step, length); at += 4) peak = Math.max(peak, Math.abs(samples[at]));
    return peak;
  });
  const most = Math.max(...peaks);
  return most > 0.001 ? peaks.map((p) => Math.max(0.12, p / most)) : null;
}

function patternOf(file) {
  let seed = 7;
  for (const c of file) seed = (seed * 31 + c.codePointAt(0)) % 65521;
  return Array.from({ length: bars }, (_, i) => 0.2 + 0.7 * Math.abs(Math.sin(seed + i * 0.9) * Math.sin(seed / 7 + i * 0.31)));
}

function paint(wave, heights) {
  wave.replaceChildren(...heights.map((h) => {
    const bar = el("i", {});
    bar.style.setProperty("height", `${Math.round(h * 100)}%`);
    return bar;
  }));
}

/** A video or an animation in its frame. An animation runs silently by itself unless motion is unwelcome. */
export function film(v, cls) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const moving = v.kind === "animation";
  const gif = moving && /^image\//.test(v.mime ?? "");
  const label = moving ? "animation" : "video";
  const frame = el("button", { type: "button", class: `${cls} film ${v.spoiler ? "veiled" : ""}`, "aria-label": v.spoiler ? `Hidden ${label}: press to show` : `Open ${label}, ${lengthOf(v.duration)}` });
  if (gif) frame.append(el("img", { src: fileURL(v.file), alt: "Animation", width: v.width, height: v.height, loading: "lazy" }));
  else frame.append(player(v, { muted: true, loop: moving, autoplay: moving && !still }));
  frame.append(el("span", { class: "film-time" }, moving ? "GIF" : lengthOf(v.duration)));
  if (!moving) frame.append(el("span", { class: "film-play", "aria-hidden": "true" }, icon("play")));
  frame.addEventListener("click", () => {
    if (frame.classList.contains("veiled")) { frame.classList.remove("veiled"); frame.setAttribute("aria-label", `Open ${label}, ${lengthOf(v.duration)}`); return; }
    showFilm(v, frame);
  });
  return frame;
}

function player(v, { muted, loop, autoplay }) {
  const node = el("video", { src: fileURL(v.file), poster: v.thumb && fileURL(v.thumb), playsinline: true, preload: "metadata", loop, tabindex: "-1", "aria-hidden": "true" });
  Object.assign(node, { muted, autoplay });
  return node;
}

export function roundFilm(v) {
  const node = player(v, { muted: false, loop: false });
  const time = el("span", { class: "film-time" }, lengthOf(v.duration));
  const frame = el("button", { type: "button", class: "round-film", "aria-label": `Play round video, ${lengthOf(v.duration)}` }, node, el("span", { class: "film-play", "aria-hidden": "true" }, icon("play")), time);
  frame.addEventListener("click", () => toggle(node));
  for (const event of ["play", "pause"]) node.addEventListener(event, () => frame.classList.toggle("playing", !node.paused));
  node.addEventListener("timeupdate", () => {
    frame.style.setProperty("--played", `${node.currentTime / lengthIn(node, v) * 360}deg`);
    time.textContent = lengthOf(node.currentTime || v.duration);
  });
  return frame;
}
