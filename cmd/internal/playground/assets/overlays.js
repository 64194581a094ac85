// Things above the page: dialogs, short notices, alerts, menus.
import { el, icon } from "./dom.js";

/** Opens a native modal dialog that removes itself; Escape and a press beside it close it. */
export function modal(cls, label, ...children) {
  const box = el("dialog", { class: cls, "aria-label": label }, ...children);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("pointerdown", (e) => { if (e.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

/** A short notice, as answerCallbackQuery shows without show_alert. It stands above dialogs too. */
export function toast(text, kind = "") {
  const node = el("div", { class: `toast ${kind}` }, text);
  const shelf = document.getElementById("toasts");
  shelf.append(node);
  if (document.querySelector("dialog[open]")) raise(shelf);
  setTimeout(() => node.classList.add("gone"), 3600);
  setTimeout(() => { node.remove(); if (shelf.childElementCount === 0 && shelf.popover) { shelf.popover = null; } }, 4000);
}

function raise(shelf) {
  shelf.popover = "manual";
  if (shelf.matches(":popover-open")) shelf.hidePopover();
  shelf.showPopover();
}

/** A notice that waits for its OK, as answerCallbackQuery shows with show_alert. */
export function alertBox(title, text) {
  return popup(title, text, [{ id: "ok", text: "OK", type: "ok" }]);
}

/** Asks; resolves to whether yes was pressed. */
export async function confirmBox(title, text, yes, danger = false) {
  return (await popup(title, text, [{ id: "no", text: "Cancel", type: "cancel" }, { id: "yes", text: yes, type: danger ? "destructive" : "ok" }])) === "yes";
}

/** A small dialog with up to three buttons {id, text, type}; resolves to the id pressed, "" for Escape. */
export function popup(title, text, buttons) {
  return new Promise((resolve) => {
    let pressed = "";
    const row = el("div", { class: "card-actions" }, buttons.map((b) => el("button", {
      type: "button", class: b.type === "destructive" ? "danger" : b.type === "cancel" ? "quiet" : "primary", onclick: () => { pressed = b.id; box.close(); },
    }, b.text)));
    const box = modal("card", title, title && el("h2", {}, title), el("p", {}, text), row);
    row.lastElementChild.focus();
    box.addEventListener("close", () => resolve(pressed));
  });
}

/**
 * Opens a menu at a point, or under or above its button. items: [{icon, text, run, danger}];
 * head stands above them and gets the function that closes the menu.
 */
export function menu(button, items, { at, head } = {}) {
  const list = el("div", { class: "menu", role: "menu", popover: "auto" });
  if (head) list.append(head(() => list.hidePopover()));
  list.append(...items.filter(Boolean).map((item) => {
    const entry = el("button", { type: "button", role: "menuitem", class: item.danger ? "danger" : "" }, icon(item.icon), item.text);
    entry.addEventListener("click", () => { list.hidePopover(); item.run(); });
    return entry;
  }));
  const says = (open) => { if (button.matches("button")) button.setAttribute("aria-expanded", String(open)); };
  list.addEventListener("toggle", (e) => { if (e.newState === "closed") { list.remove(); says(false); } });
  list.addEventListener("keydown", (e) => moveIn(list, e));
  (button.closest("dialog") ?? document.body).append(list);
  list.showPopover();
  place(list, at ? { left: at.x, top: at.y, bottom: at.y } : button.getBoundingClientRect());
  says(true);
  list.querySelector("[role=menuitem]:not(.react)")?.focus();
  return list;
}

function moveIn(list, e) {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  const entries = [...list.querySelectorAll("[role=menuitem]")];
  const at = entries.indexOf(document.activeElement);
  entries[(at + step + entries.length) % entries.length]?.focus();
}

function place(list, anchor) {
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = anchor.bottom + height + 8 < innerHeight;
  const top = below ? anchor.bottom + 6 : anchor.top - height - 6;
  list.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  list.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`;
}
