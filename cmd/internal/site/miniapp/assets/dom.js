// Small helpers to build the page. Text always enters as text nodes: nothing here parses HTML.

/** el("button", { class: "x", onclick: f, "aria-label": "…" }, child, "text", null) */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const svgNS = "http://www.w3.org/2000/svg";

/** An icon of the sprite in index.html; decoration only, so name the button that holds it. */
export function icon(name, cls = "") {
  const svg = document.createElementNS(svgNS, "svg");
  svg.setAttribute("class", `icon ${cls}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svgNS, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const hiddenText = (text) => el("span", { class: "hidden-text" }, text);

export function button(label, onclick, cls = "", symbol = "") {
  return el("button", { type: "button", class: `button ${cls}`, onclick }, symbol && icon(symbol), label);
}

export function iconButton(symbol, label, onclick, props = {}) {
  return el("button", { type: "button", class: "round", "aria-label": label, title: label, onclick, ...props }, icon(symbol));
}

/** Clips to whole characters, for labels that a screen reader says in one breath. */
export const clip = (text, most) => { const all = [...text]; return all.length > most ? `${all.slice(0, most - 1).join("")}…` : text; };

export const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});
