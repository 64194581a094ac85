// Paying with Stars: the sheet of an invoice, its outcome, and media behind a price. Stars here are play money.
import { el, icon, iconButton } from "./dom.js";
import { confirmBox, modal } from "./overlays.js";

const stars = (n) => `⭐ ${Number(n).toLocaleString("en")}`;

/**
 * Shows what is to be paid, {message_id} of an invoice or {link}, and pays it. Resolves when the sheet is closed to
 * "paid", "failed" or "cancelled", the words of Telegram's Mini Apps.
 */
export async function paySheet(pane, what) {
  const form = await pane.send("form", what);
  if (!form) return "failed";
  let outcome = "cancelled";
  const trouble = el("p", { class: "wrong", role: "alert" });
  const short = form.amount > form.balance;
  const pay = el("button", { type: "button", class: "primary wide", onclick: () => go() }, `Pay ${stars(form.amount)}`);
  const face = form.photo ? el("img", { class: "pay-photo", src: form.photo, alt: "" }) : el("div", { class: "pay-star", "aria-hidden": "true" }, "⭐");
  const box = modal("card sheet pay", "Confirm your purchase",
    el("div", { class: "sheet-bar" }, el("span", { class: "pay-balance" }, "Balance ", el("b", {}, stars(form.balance))), iconButton("close", "Close", () => box.close())),
    face, el("h2", {}, form.title), el("p", { class: "pay-words" }, form.description),
    el("p", { class: "dim pay-line" }, form.period ? `${stars(form.amount)} every month until canceled` : `You pay ${stars(form.amount)} to ${pane.botName}. Play money: nothing is charged.`),
    short && el("p", { class: "wrong" }, "Not enough Stars on this balance."), trouble, pay);
  pay.focus();

  async function go() {
    trouble.textContent = "";
    pay.disabled = true;
    pay.replaceChildren(el("span", { class: "spinner" }), "Paying…");
    try {
      await pane.ask("pay", what);
      outcome = "paid";
      if (box.open) celebrate(box, form);
    } catch (problem) {
      outcome = "failed";
      trouble.textContent = problem.message;
      pay.disabled = false;
      pay.replaceChildren(`Pay ${stars(form.amount)}`);
      pay.focus();
    }
  }

  return new Promise((resolve) => box.addEventListener("close", () => resolve(outcome)));
}

/** A burst of stars, then the sheet leaves by itself. */
function celebrate(box, form) {
  const burst = Array.from({ length: 14 }, (_, i) => {
    const star = el("i", {}, "⭐");
    star.style.setProperty("--angle", `${Math.round(i * 360 / 14)}deg`);
    star.style.setProperty("--far", `${70 + (i * 37) % 60}px`);
    return star;
  });
  const done = el("button", { type: "button", class: "primary wide", onclick: () => box.close() }, "Done");
  box.replaceChildren(el("div", { class: "pay-done", role: "status" },
    el("div", { class: "pay-check" }, icon("check"), el("span", { class: "burst", "aria-hidden": "true" }, burst)),
    el("h2", {}, "Payment successful"), el("p", { class: "dim" }, `${form.title} · ${stars(form.amount)}`)), done);
  done.focus();
  setTimeout(() => { if (box.open) box.close(); }, 2600);
}

/** Asks before Stars are spent on media behind a price. */
export async function unlockSheet(pane, m) {
  if (await confirmBox("Unlock media", `Unlock this for ${stars(m.paid.stars)}? Play money: nothing is charged.`, `Pay ${stars(m.paid.stars)}`)) {
    await pane.send("unlock", { message_id: m.id });
  }
}
