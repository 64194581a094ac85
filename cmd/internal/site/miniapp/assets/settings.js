// What somebody set: the language, what a picture is made with where nothing is said, when to be asked and told.
import { close, native, openLink } from "./bridge.js";
import { patch, remove, signOut } from "./api.js";
import { button, el, icon } from "./dom.js";
import { defaults, refreshMe, setDefaults } from "./state.js";
import { aspect, credits, languageNames, number, quality, t } from "./text.js";
import { complain, loading, problem, select, toast, toggle } from "./ui.js";

export function settings({ signal, title, restart }) {
  title(t("settings.title"));
  const room = el("div", { class: "stack" }, loading());
  const show = async () => {
    try { const now = await defaults(); if (!signal.aborted) fill(room, now, restart); } catch (e) { if (!signal.aborted) room.replaceChildren(problem(e, show)); }
  };
  void show();
  return { node: el("section", { class: "settings" }, el("h1", { tabindex: -1 }, t("settings.title")), room) };
}

function fill(room, now, restart) {
  const save = async (part) => {
    try {
      now = await patch("/settings", part);
      setDefaults(now);
      if (part.language) { await refreshMe(); restart(); } else toast(t("settings.saved"));
    } catch (e) {
      complain(e);
      fill(room, now, restart); // shows what holds
    }
  };
  const { options: o } = now;
  const one = (label, name, all) => all.length > 1 && select(label, all, String(now[name]), (v) => save({ [name]: typeof now[name] === "number" ? Number(v) : v }));
  const named = (all) => all.map(({ id, name }) => [id, name]);
  const said = (all, say) => all.map((v) => [String(v), say(v)]);
  const link = (label, symbol, go) => el("li", {}, el("a", { class: "row", ...go }, icon(symbol), el("span", {}, label), icon("right", "away")));
  room.replaceChildren(
    el("div", { class: "card list" }, one(t("settings.language"), "language", o.languages.map(({ id, name }) => [id, languageNames[id] ?? name]))),
    el("h2", {}, t("settings.pictures")),
    el("div", { class: "card list" },
      ...[one(t("fact.model"), "model", named(o.models)), one(t("fact.aspect"), "aspect", said(o.aspects, aspect)), one(t("fact.quality"), "quality", said(o.qualities, quality)),
        one(t("fact.style"), "style", named(o.styles)), one(t("create.count"), "count", said(o.counts, number))].filter(Boolean)),
    el("h2", {}, t("settings.care")),
    el("div", { class: "card list" },
      ...[one(t("settings.ask"), "ask_above", said(o.ask_above, (n) => (n > 0 ? credits(n) : t("settings.always")))), one(t("settings.cap"), "cap", said(o.caps, (n) => (n > 0 ? credits(n) : t("settings.nocap")))),
        toggle(t("settings.reminders"), "", now.reminders, (reminders) => save({ reminders })), toggle(t("settings.news"), "", now.news, (news) => save({ news }))].filter(Boolean)),
    el("ul", { class: "card list links" }, link(t("privacy.title"), "shield", { href: "#/privacy" }),
      document.documentElement.dataset.chat && link(t("settings.chat"), "send", { href: document.documentElement.dataset.chat, onclick: (e) => { e.preventDefault(); if (native) close(); else openLink(e.currentTarget.href); } })),
    native ? "" : button(t("settings.leave"), async () => { await remove("/session").catch(() => {}); signOut(); location.reload(); }, "soft"),
  );
}
