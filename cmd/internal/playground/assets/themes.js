// The theme: auto follows the system, and a press goes on to light, dark, and auto again. theme.js applies what is
// stored before the first paint; here it is changed.
import { toast } from "./overlays.js";

const names = { auto: "As the system", light: "Light", dark: "Dark" };

export function switchTheme() {
  const order = Object.keys(names);
  const next = order[(order.indexOf(localStorage.getItem("play.theme") ?? "auto") + 1) % order.length];
  if (next === "auto") localStorage.removeItem("play.theme"); else localStorage.setItem("play.theme", next);
  dispatchEvent(new Event("theme"));
  toast(`Theme: ${names[next].toLowerCase()}`);
}
