// Small helpers to build the page. Text always enters as text nodes: nothing here parses HTML.

/** el("button", {class: "x", onclick: f, "aria-label": "…"}, child, "text", null) */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const svgNS = "http://www.w3.org/2000/svg";

/** An icon of the sprite in index.html; decoration only, so name the button that holds it. */
export function icon(name, extra = "") {
  const svg = document.createElementNS(svgNS, "svg");
  svg.setAttribute("class", `icon ${extra}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svgNS, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, onclick, cls = "") {
  return el("button", { type: "button", class: `round ${cls}`, "aria-label": label, title: label, onclick }, icon(name));
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayName = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });

export const timeOf = (unix) => clock.format(new Date(unix * 1000));

export function dayOf(unix) {
  const day = new Date(unix * 1000);
  const daysAgo = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(day).setHours(0, 0, 0, 0)) / 864e5);
  if (daysAgo === 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return dayName.format(day);
}

export function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = [...(words[0] ?? "?")][0];
  const second = words.length > 1 ? [...words.at(-1)][0] : "";
  return (first + second).toUpperCase();
}

/** A round picture with initials; the colour follows the id, as in Telegram. */
export function avatar(name, id, cls = "") {
  return el("span", { class: `avatar hue${Math.abs(Number(id)) % 7} ${cls}`, "aria-hidden": "true" }, initials(name));
}
