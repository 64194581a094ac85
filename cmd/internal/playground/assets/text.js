// Formatted text: Telegram's entities become elements. Offsets are UTF-16 units, which is what
// JavaScript strings count in.
import { el } from "./dom.js";

const tags = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
  blockquote: "blockquote", expandable_blockquote: "blockquote", hashtag: "span", cashtag: "span",
  mention: "span", text_mention: "span", email: "span", phone_number: "span",
};

/** Returns a fragment of the text with its entities; onCommand(text) is called for a tapped command. */
export function formatted(text, entities, onCommand) {
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
      const node = wrap(entity, text.slice(entity.offset, end), onCommand);
      fill(node.querySelector("code") ?? node, entity.offset, end);
      parent.append(node);
      at = end;
    }
    parent.append(text.slice(at, to));
  }

  fill(root, 0, text.length);
  return root;
}

function wrap(entity, text, onCommand) {
  switch (entity.type) {
    case "text_link": return link(entity.url);
    case "url": return link(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
    case "bot_command": return el("button", { type: "button", class: "command", onclick: () => onCommand?.(text) });
    case "spoiler": return spoiler();
    case "pre": return el("pre", { "data-language": entity.language }, el("code"));
    default: return el(tags[entity.type] ?? "span", { class: `e-${entity.type}` });
  }
}

/** Only web and mail addresses become links; anything else stays a span with its address as title. */
function link(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return el("span", { class: "e-link", title: address });
  return el("a", { href: url.href, title: url.href, target: "_blank", rel: "noopener noreferrer" });
}

function spoiler() {
  const node = el("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler: press to show" });
  const reveal = () => {
    node.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", (e) => {
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); reveal(); }
  });
  return node;
}
