// What is on the screen, in the address: #chats=<key>,<key>&focus=<key>&panel=calls. A reload or a copied address
// brings it back.

const panels = ["calls", "updates", "faults"];

/** A key as the store has it: a number for a private chat, "<chat>:<person>" for a group. */
const keyOf = (text) => (/^\d+$/.test(text) ? Number(text) : text);

/** What the address asks for; null for what it does not mention. */
export function readRoute() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const list = (asked.get("chats") ?? "").split(",").filter(Boolean).map(keyOf);
  const panel = asked.get("panel");
  return {
    columns: list.length > 0 ? list : null,
    focus: asked.has("focus") ? keyOf(asked.get("focus")) : null,
    panel: panels.includes(panel) ? panel : null,
  };
}

export function writeRoute({ columns, focus, panel }) {
  const parts = [`chats=${columns.join(",")}`];
  if (columns.length > 1) parts.push(`focus=${focus}`);
  if (panel) parts.push(`panel=${panel}`);
  const hash = `#${parts.join("&")}`;
  if (hash !== location.hash) history.replaceState(null, "", hash);
}
