// Formatted text: Telegram's entities become elements. Offsets are UTF-16 units, which is what
// JavaScript strings count in.
import { el } from "./dom.js";

const tags = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
  blockquote: "blockquote", expandable_blockquote: "blockquote", hashtag: "span", cashtag: "span",
  mention: "span", text_mention: "span", email: "span", phone_number: "span",
};

/**
 * Returns a fragment of the text with its entities. actions: {command(text), open(url, shown)} for what is pressed;
 * both may be missing.
 */
export function formatted(text, entities, actions = {}) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const root = document.createDocumentFragment();
  let next = 0;

  function fill(parent, from, to) {
    let at = from;
    while (next < sorted.length && sorted[next].offset < to) {
      const entity = sorted[next++];
      if (entity.offset < at) continue; // crosses its neighbour: Telegram never sends that
      const end = Math.min(entity.offset + entity.length, to);
      parent.append(text.slice(at, entity.offset));
      const node = wrap(entity, text.slice(entity.offset, end), actions);
      fill(node.querySelector("code, .quote-text") ?? node, entity.offset, end);
      parent.append(node);
      at = end;
    }
    parent.append(text.slice(at, to));
  }

  fill(root, 0, text.length);
  return root;
}

function wrap(entity, text, actions) {
  switch (entity.type) {
    case "text_link": return link(entity.url, actions.open);
    case "url": return link(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`, actions.open, true);
    case "email": return link(`mailto:${text}`, null, true);
    case "bot_command": return el("button", { type: "button", class: "command", onclick: () => actions.command?.(text) });
    case "spoiler": return spoiler();
    case "expandable_blockquote": return expandable();
    case "pre": return el("pre", { "data-language": entity.language }, el("code"));
    case "custom_emoji": return el("span", { class: "e-custom_emoji" });
    default: return el(tags[entity.type] ?? "span", { class: `e-${entity.type}` });
  }
}

/**
 * Only web and mail addresses become links; anything else stays a span with its address as title.
 * open(url, shown) is asked what to do with a press; shown: the address is the text itself.
 */
export function link(address, open, shown = false) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:", "mailto:", "tg:"].includes(url.protocol)) return el("span", { class: "e-link", title: address });
  const node = el("a", { href: url.href, title: url.href, target: "_blank", rel: "noopener noreferrer" });
  if (open) node.addEventListener("click", (e) => { e.preventDefault(); open(url.href, shown); });
  return node;
}

export function spoiler() {
  const node = el("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler: press to show" });
  const reveal = () => {
    node.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", (e) => {
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); e.stopPropagation(); reveal(); }
  });
  return node;
}

/** A quotation folded to three lines, with a button that unfolds it; short ones need none. */
function expandable() {
  const words = el("span", { class: "quote-text" });
  const fold = el("button", { type: "button", class: "fold", "aria-expanded": "false", "aria-label": "Show the whole quotation" });
  const node = el("blockquote", { class: "e-expandable_blockquote folded" }, words, fold);
  const turn = () => {
    const open = !node.classList.toggle("folded");
    fold.setAttribute("aria-expanded", String(open));
    fold.setAttribute("aria-label", open ? "Fold the quotation" : "Show the whole quotation");
  };
  fold.addEventListener("click", turn);
  new ResizeObserver((_, watch) => {
    if (!words.isConnected) return;
    fold.hidden = node.classList.contains("folded") && words.scrollHeight <= words.clientHeight + 1;
    watch.disconnect();
  }).observe(words);
  return node;
}

/** What a press on a Telegram link means: {kind: "start" | "app" | "invoice" | "group", value}; null for the open web. */
export function deepLink(address, username) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url) return null;
  if (url.protocol === "tg:") return url.hostname === "resolve" && url.searchParams.get("domain")?.toLowerCase() === username.toLowerCase() ? parts(url.searchParams) : null;
  if (!/^(www\.)?(t\.me|telegram\.me)$/i.test(url.hostname)) return null;
  const [name, app] = url.pathname.slice(1).split("/");
  if (name.startsWith("$")) return { kind: "invoice", value: url.href };
  if (name.toLowerCase() !== username.toLowerCase()) return null;
  return app ? { kind: "app", value: url.searchParams.get("startapp") ?? "" } : parts(url.searchParams);
}

function parts(query) {
  if (query.has("startapp")) return { kind: "app", value: query.get("startapp") };
  if (query.has("startgroup")) return { kind: "group", value: query.get("startgroup") };
  return { kind: "start", value: query.get("start") ?? "" };
}
