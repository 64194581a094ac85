// Reactions: the chips below a message and the row to choose from.
import { el } from "./dom.js";

/** Those offered first; all of them may be used by people, as Telegram lists them. */
export const favourites = ["👍", "❤", "🔥", "🎉", "😁", "😢", "🤯"];
export const everything = [...favourites, "👎", "🥰", "👏", "🤔", "😱", "🤩", "🙏", "👌", "🕊", "🤡", "🥱", "😍", "🐳", "🌚", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "😈", "😴", "😭", "🤓", "👻", "👀", "🎃", "🙈", "😇", "🤝", "✍", "🤗", "🫡", "🎄", "💅", "🗿", "🆒", "💘", "🦄", "😘", "💊", "😎", "👾", "😡"];

/** The chips, or null. A press gives or takes back the viewer's own. */
export function reactions(m, actions) {
  if (!m.reactions?.length) return null;
  return el("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, m.reactions.map(({ emoji, by }) => {
    const mine = by.includes(actions.viewer);
    return el("button", {
      type: "button", class: `reaction ${mine ? "mine" : ""}`, "aria-pressed": String(mine),
      "aria-label": `${emoji}, ${by.length}${mine ? ", yours" : ""}`, title: by.map(actions.nameOf).join(", "), onclick: () => actions.react(m, emoji),
    }, el("span", { class: "reaction-face" }, emoji), el("span", {}, by.length > 1 ? String(by.length) : actions.nameOf(by[0]).split(" ")[0]));
  }));
}

/** What the viewer's reactions become when they press emoji: one at a time, as without Premium. */
export const afterPress = (m, emoji, viewer) => (m.reactions?.some((r) => r.emoji === emoji && r.by.includes(viewer)) ? [] : [emoji]);

/** The row above a message's menu. choose(emoji) closes the menu first. */
export function reactionRow(m, viewer, choose) {
  const mine = (m.reactions ?? []).filter((r) => r.by.includes(viewer)).map((r) => r.emoji);
  const one = (emoji) => el("button", { type: "button", role: "menuitem", class: `react ${mine.includes(emoji) ? "mine" : ""}`, "aria-label": `React ${emoji}`, onclick: () => choose(emoji) }, emoji);
  const row = el("div", { class: "react-row", role: "group", "aria-label": "React" }, favourites.map(one));
  const more = el("button", { type: "button", role: "menuitem", class: "react more", "aria-label": "More reactions" }, "⌄");
  more.addEventListener("click", (e) => {
    e.stopPropagation();
    row.classList.add("all");
    row.replaceChildren(...everything.map(one));
    row.firstElementChild.focus();
  });
  row.append(more);
  return row;
}
