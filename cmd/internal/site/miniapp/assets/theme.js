// The colours: Telegram's where it names them, else our own in app.css. Themes are made by anybody, so what has to be read is
// moved towards the text until it can be.
import { bars, launchTheme, on } from "./bridge.js";

const hex = /^#[0-9a-f]{6}$/i;
const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
const written = (rgb) => `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;

function luminance(colour) {
  const [r, g, b] = channels(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** The colour, mixed with another as far as it takes to be read on all these grounds. */
function readable(colour, towards, ...grounds) {
  const [from, to] = [channels(colour), channels(towards)];
  for (let share = 0; share <= 1; share += 0.1) {
    const mixed = written(from.map((c, i) => c + (to[i] - c) * share));
    if (grounds.every((ground) => contrast(mixed, ground) >= 4.6)) return mixed;
  }
  return towards;
}

export function paint(params) {
  const of = (name, other) => (hex.test(params?.[name] ?? "") ? params[name] : other);
  const bg = of("bg_color");
  const text = of("text_color");
  if (!bg || !text) return;
  const card = of("secondary_bg_color", bg);
  const button = of("button_color", of("link_color", text));
  const ink = of("button_text_color", "#ffffff");
  const style = document.documentElement.style;
  const set = {
    "--bg": bg, "--card": card, "--text": readable(text, luminance(bg) > 0.4 ? "#000000" : "#ffffff", bg, card), "--dim": readable(of("hint_color", text), text, bg, card),
    "--link": readable(of("link_color", button), text, bg, card), "--bad": readable(of("destructive_text_color", "#cc2929"), text, bg, card),
    "--accent": readable(button, luminance(ink) > 0.4 ? "#000000" : "#ffffff", ink), "--on-accent": ink,
  };
  for (const [name, value] of Object.entries(set)) style.setProperty(name, value);
  style.colorScheme = luminance(bg) > 0.4 ? "light" : "dark";
  bars(bg);
}

paint(launchTheme);
on("theme_changed", ({ theme_params: params }) => paint(params));
