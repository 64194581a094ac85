// Credits: how many there are, how to get more, and where each of them went.
import { haptic, openInvoice } from "./bridge.js";
import { get, intent, post } from "./api.js";
import { el, icon, pause } from "./dom.js";
import { hear, me, refreshMe } from "./state.js";
import { credits, dateOf, number, signed, t, timeOf } from "./text.js";
import { complain, endless, loading, problem, toast } from "./ui.js";

export function wallet({ signal, title }) {
  title(t("wallet.title"));
  const balance = el("div", { class: "balance", role: "status" });
  const show = ({ balance: b }) => balance.replaceChildren(icon("coin"), el("strong", {}, credits(b.available)), b.held > 0 ? el("small", {}, t("wallet.held", { n: b.held })) : "");
  show(me());
  hear("me", show, signal);
  const ledger = new Ledger(signal);
  const shop = el("div", {});
  if (me().features?.shop) void sell(shop, signal, () => ledger.restart());
  void refreshMe(signal).catch(() => {}); // what is shown is a moment old
  return { node: el("section", { class: "wallet" }, el("h1", { tabindex: -1 }, t("wallet.title")), balance, shop, el("h2", {}, t("wallet.ledger")), ledger.node) };
}

async function sell(room, signal, paid) {
  room.replaceChildren(loading());
  try {
    const { packs, subscription } = await get("/packs", signal);
    room.replaceChildren(el("h2", {}, t("wallet.buy")),
      subscription ? el("p", { class: "quiet" }, t(subscription.canceled ? "wallet.until" : "wallet.renews", { date: dateOf(subscription.until), n: subscription.credits })) : "",
      el("ul", { class: "packs" }, packs.map((p) => el("li", {}, pack(p, paid)))), el("p", { class: "quiet" }, t("wallet.stars")));
  } catch (e) {
    if (e.name !== "AbortError") room.replaceChildren(problem(e, () => sell(room, signal, paid)));
  }
}

function pack(p, paid) {
  let key = intent();
  const node = el("button", { type: "button", class: "pack", onclick: async () => {
    if (node.disabled) return;
    node.disabled = true;
    try {
      const { url } = await post("/invoices", { pack: p.id }, key);
      await settle(await openInvoice(url), paid);
    } catch (e) { complain(e); } finally { node.disabled = false; key = intent(); }
  } }, el("b", {}, p.title), p.about && el("small", {}, p.about), p.bonus > 0 && el("small", { class: "bonus" }, t("wallet.bonus", { n: p.bonus })),
  el("span", { class: "stars" }, icon("star", "full"), number(p.stars), p.subscription ? ` ${t("wallet.month")}` : ""));
  return node;
}

/** Waits for the credits of an invoice: Telegram says that it was paid before the bot has booked it. */
async function settle(status, paid) {
  if (status === "failed") { toast(t("wallet.failed"), { bad: true }); return; }
  if (status !== "paid" && status !== "pending") return;
  const before = me().balance.available;
  for (let tries = 0; tries < (status === "paid" ? 40 : 1); tries++) {
    const { balance } = await refreshMe();
    if (balance.available > before) {
      haptic("success");
      toast(t("wallet.paid", { n: balance.available - before }));
      paid();
      return;
    }
    await pause(750);
  }
  toast(t("wallet.pending"));
}

class Ledger {
  constructor(signal) {
    this.signal = signal;
    this.list = el("ul", { class: "card list" });
    this.note = el("div", { role: "status" });
    this.next = "";
    this.pages = endless(() => this.load(), signal);
    this.node = el("div", {}, this.list, this.note, this.pages.end);
  }

  async load() {
    const page = await get(`/ledger?${new URLSearchParams(this.next && { before: this.next })}`, this.signal);
    if (!this.next) this.list.replaceChildren();
    this.list.append(...page.items.map(movement));
    this.next = page.next ?? "";
    this.list.hidden = !this.list.firstChild;
    this.note.replaceChildren(this.list.hidden ? el("p", { class: "quiet" }, t("wallet.nothing")) : "");
    return Boolean(this.next);
  }

  restart() { this.next = ""; return this.pages.again(); }
}

function movement(m) {
  const words = [el("span", {}, m.note, el("small", {}, timeOf(m.at))), m.amount !== 0 && el("b", { class: m.amount > 0 ? "plus" : "" }, signed(m.amount))];
  return el("li", {}, m.generation ? el("a", { class: "row", href: `#/g/${m.generation}` }, words) : el("div", { class: "row" }, words));
}
