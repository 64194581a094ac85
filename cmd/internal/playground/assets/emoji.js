// A small choice of emoji beside the writing line.
import { el } from "./dom.js";

const sets = [
  ["Smileys", "😀 😁 😂 🙂 😉 😊 😍 😘 😜 🤔 🤨 😐 🙄 😴 😎 🤩 🥳 😢 😭 😤 😡 🤯 😱 🥶 😇 🤠 🤡 👻 💀 🤖"],
  ["Gestures", "👍 👎 👌 ✌ 🤞 🤟 👋 🙌 👏 🙏 💪 👀 🧠 ❤ 🧡 💛 💚 💙 💜 🖤 💔 💯 🔥 ✨ 🎉 ⭐ ⚡ ❓ ❗ ✅"],
  ["Nature", "🦊 🐱 🐶 🐻 🐼 🐸 🦁 🐯 🐨 🐰 🦄 🐝 🦋 🐢 🐙 🐳 🌲 🌵 🌻 🍁 🍄 🌊 🌙 ☀ 🌈 ❄ ⛄ 🌋 🏔 🌌"],
  ["Things", "🎨 🖼 📷 🎬 🎮 🎲 🎵 🎸 📚 ✏ 💡 🔑 🧩 🏰 🚀 ✈ 🚲 ⛵ 🍕 🍰 ☕ 🍎 🥐 🍣 🏆 🎁 💎 ⏰ 📎 🗿"],
];

/** Opens the panel above its button. choose(emoji) may be called several times. */
export function emojiPanel(button, choose) {
  const panel = el("div", { class: "emoji-panel", popover: "auto", role: "dialog", "aria-label": "Emoji" }, sets.map(([name, list]) =>
    el("div", { role: "group", "aria-label": name }, el("h3", {}, name), el("div", { class: "emoji-grid" }, list.split(" ").map((emoji) =>
      el("button", { type: "button", class: "emoji", tabindex: "-1", "aria-label": emoji, onclick: () => choose(emoji) }, emoji))))));
  const all = [...panel.querySelectorAll("button")];
  all[0].tabIndex = 0;
  panel.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[e.key];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    e.preventDefault();
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  panel.addEventListener("toggle", (e) => { if (e.newState === "closed") panel.remove(); });
  document.body.append(panel);
  panel.showPopover();
  const { left, top } = button.getBoundingClientRect();
  panel.style.left = `${Math.max(8, Math.min(left - 20, innerWidth - panel.offsetWidth - 8))}px`;
  panel.style.top = `${Math.max(8, top - panel.offsetHeight - 8)}px`;
  all[0].focus();
}
