// What is held about somebody, and what they can do about it: the same as in the chat.
import { haptic, openLink } from "./bridge.js";
import { get, post, put, remove } from "./api.js";
import { button, el, icon, iconButton } from "./dom.js";
import { refreshMe } from "./state.js";
import { dateOf, lasting, number, t, timeOf } from "./text.js";
import { complain, confirm, loading, once, problem, toast, toggle } from "./ui.js";

export function privacy({ signal, title }) {
  title(t("privacy.title"));
  const room = el("div", { class: "stack" }, loading());
  const show = async () => {
    try { fill(room, await get("/privacy", signal), show); } catch (e) { if (e.name !== "AbortError") room.replaceChildren(problem(e, show)); }
  };
  void show();
  return { node: el("section", { class: "privacy" }, el("h1", { tabindex: -1 }, t("privacy.title")), room) };
}

function fill(room, now, again) {
  const pack = button(t("privacy.export"), () => once(pack, async () => {
    const made = await post("/privacy/export");
    haptic("success");
    toast(t(made.to === "mail" ? "privacy.mailing" : "privacy.exporting"));
    await again();
  }), "soft", "download");
  const erase = button(t("privacy.erase"), () => once(erase, () => goodbye(again)), "danger soft", "trash");
  room.replaceChildren(...[
    now.erase_at && leaving(now.erase_at, again),
    el("p", { class: "lead" }, t("privacy.lead")),
    el("h2", {}, t("privacy.held")),
    el("div", { class: "card list" }, now.categories.map((c) => el("details", { class: "held" }, el("summary", {}, el("span", {}, c.title), el("b", {}, number(c.count))), el("p", {}, c.about)))),
    el("h2", {}, t("privacy.rights")),
    el("div", { class: "card list" }, toggle(t("privacy.restrict"), t("privacy.restricthint"), now.restricted, (on, box) => freeze(on, box, again))),
    el("div", { class: "rights" }, pack, now.erase_at ? null : erase),
    now.email && linked(now.email, again),
    now.requests.length > 0 && el("h2", {}, t("privacy.requests")),
    now.requests.length > 0 && el("ul", { class: "card list" }, now.requests.map((r) => el("li", { class: "row" }, el("span", {}, r.title, el("small", {}, timeOf(r.created_at)), el("small", {}, r.due_at ? t("privacy.due", { note: r.note, date: dateOf(r.due_at) }) : r.note))))),
    now.policy_url && button(t("privacy.policy"), () => openLink(now.policy_url), "plain", "shield"),
  ].filter(Boolean));
}

/** The linked address, and how to be rid of it. */
function linked(email, again) {
  const drop = iconButton("trash", t("privacy.unlink"), () => once(drop, async () => {
    if (!await confirm({ title: t("privacy.unlink"), text: t("privacy.unlinksure"), yes: t("privacy.unlink"), danger: true })) return;
    await remove("/privacy/email");
    haptic("success");
    toast(t("privacy.unlinked"));
    await again();
  }), { class: "round danger" });
  return el("div", { class: "card list" }, el("div", { class: "row" }, el("span", { class: "linked" }, t("privacy.email"), el("small", { dir: "ltr" }, email.address)), drop));
}

function leaving(when, again) {
  const stay = button(t("privacy.stay"), () => once(stay, async () => {
    await remove("/privacy/erase");
    haptic("success");
    toast(t("privacy.stayed"));
    await Promise.all([again(), refreshMe()]);
  }));
  return el("div", { class: "notice bad", role: "status" }, icon("alert"), el("p", {}, t("privacy.leaving", { when: timeOf(when) })), stay);
}

async function freeze(on, box, again) {
  box.disabled = true;
  try {
    await (on ? put : remove)("/privacy/restrict");
    toast(t(on ? "privacy.frozen" : "privacy.thawed"));
    await Promise.all([again(), refreshMe()]);
  } catch (e) {
    box.checked = !on;
    complain(e);
  } finally { box.disabled = false; }
}

/** Says what an erasure takes, and asks for it once more. */
async function goodbye(again) {
  const seen = await get("/privacy/erase");
  const words = seen.text.split("\n").filter((line) => line.trim()).map((line) => el("p", {}, line));
  const yes = await confirm({ title: t("privacy.erase"), text: [...words, t("privacy.grace", { time: hours(seen.grace) })], yes: t("privacy.eraseyes"), danger: true, tick: t("privacy.erasesure") });
  if (!yes) return;
  const { erase_at: when } = await post("/privacy/erase", { confirm: true });
  haptic("warning");
  toast(t("privacy.erasing", { when: timeOf(when) }));
  await Promise.all([again(), refreshMe()]);
}

const hours = (seconds) => (seconds < 5400 ? lasting(seconds) : number(Math.round(seconds / 3600), { style: "unit", unit: "hour", unitDisplay: "long" }));
