// The frame: who this is, in which language, and which view the address asks for.
import { enterByTelegram, get, signedIn } from "./api.js";
import { close, initData, launchLanguage, native, on, openLink, ready, startParam } from "./bridge.js";
import { create } from "./create.js";
import { detail } from "./detail.js";
import { el, icon, iconButton } from "./dom.js";
import { forgetGallery, gallery } from "./gallery.js";
import { privacy } from "./privacy.js";
import { settings } from "./settings.js";
import { returned, signin } from "./signin.js";
import { hear, me, setMe } from "./state.js";
import { speak, t, understood } from "./text.js";
import { closeAll, closeTop, setRoot } from "./ui.js";
import { wallet } from "./wallet.js";
import "./theme.js";

const main = document.querySelector("#main");
const nav = document.querySelector("#tabs");
const news = document.querySelector("#news");
const { name: brand, chat } = document.documentElement.dataset;

/** The views by the first word of their address; those with a tab are where one begins. */
const views = { "": gallery, create, wallet, settings, privacy, g: detail };
const tabs = () => [["", t("tab.gallery"), "grid"], ["create", t("tab.create"), "plus"], ["wallet", t("tab.wallet"), "coin"], ["settings", t("tab.settings"), "gear"]];

let current = null;
let first = true;
let depth = -1; // how many of our own addresses there are to go back to

/** "#/g/01ABC?x=1" → what to show. */
function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name, id = ""] = path.split("/");
  return { name: Object.hasOwn(views, name) ? name : "", id: decodeURIComponent(id), query: new URLSearchParams(query) };
}

function show() {
  const { name, id, query } = parse(location.hash);
  depth = history.state?.depth ?? depth + 1;
  history.replaceState({ depth }, "");
  current?.abort();
  current = new AbortController();
  closeAll();
  const { node, scroll = 0 } = views[name]({ id, query, signal: current.signal, title, go, leave, restart });
  const root = tabs().some(([tab]) => tab === name);
  main.replaceChildren(...[!root && !native && iconButton("left", t("back"), leave, { class: "round back" }), node].filter(Boolean));
  main.removeAttribute("aria-busy");
  setRoot(root);
  mark(name);
  scrollTo(0, scroll);
  if (!first) node.querySelector("h1")?.focus({ preventScroll: true });
  first = false;
}

const title = (words) => { document.title = `${words} · ${brand}`; };

function go(hash, instead = false) {
  if (instead) { history.replaceState(history.state, "", hash); show(); } else location.hash = hash;
}

/** Back to where somebody came from, or to the gallery for who came from elsewhere. */
function leave() { if (depth > 0) history.back(); else go("#/", true); }

function mark(name) {
  const tab = name === "g" ? "" : name === "privacy" ? "settings" : name;
  for (const a of nav.querySelectorAll("a")) { if (a.getAttribute("href") === `#/${tab}`) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current"); }
}

function frame() {
  nav.setAttribute("aria-label", t("tabs"));
  nav.replaceChildren(...tabs().map(([path, label, symbol]) => el("a", { href: `#/${path}` }, icon(symbol), el("span", {}, label))));
  nav.hidden = false;
  tell(me());
}

/** What stands in the way of making pictures, on every view. */
function tell({ state }) {
  const words = state.banned ? t("state.banned") : state.consent_required ? t("state.consent") : state.frozen ? t("state.frozen") : state.restricted ? t("state.restricted") : "";
  news.replaceChildren(...[!navigator.onLine && el("p", { class: "notice" }, icon("offline"), t("error.offline")),
    words && el("p", { class: "notice" }, icon("alert"), el("span", {}, words), state.restricted && !state.banned ? el("a", { href: "#/privacy" }, t("privacy.title")) : chat && el("a", { href: chat, onclick: (e) => { e.preventDefault(); if (native) close(); else openLink(chat); } }, t("settings.chat")))].filter(Boolean));
}

/** The same again in another language. */
async function restart() {
  await speak(understood(me().language));
  forgetGallery();
  frame();
  show();
}

/** Where the launch asks to begin: the link's parameter or the button's. */
function begin() {
  const wanted = new URLSearchParams(location.search).get("to") ?? startParam;
  const place = { create: "#/create", wallet: "#/wallet", settings: "#/settings", privacy: "#/privacy" }[wanted] ?? (/^g_\w+$/.test(wanted) ? `#/g/${wanted.slice(2)}` : "#/");
  if (!location.hash.startsWith("#/")) history.replaceState(null, "", `/app/${place}`);
}

async function whoIs() {
  const came = await returned();
  if (came) return came;
  if (signedIn()) return get("/me");
  return initData ? enterByTelegram() : null;
}

async function start() {
  begin();
  ready();
  await speak(understood(launchLanguage, ...navigator.languages));
  let who = null;
  let reason = null;
  try { who = await whoIs(); } catch (e) { reason = e.status === 401 && !initData ? null : e; }
  if (!who) {
    title(t("signin.title"));
    main.removeAttribute("aria-busy");
    main.replaceChildren(signin(reason, () => location.reload()));
    return;
  }
  setMe(who);
  await speak(understood(who.language));
  frame();
  hear("me", tell);
  for (const event of ["online", "offline"]) addEventListener(event, () => tell(me()));
  addEventListener("hashchange", show);
  show();
}

on("back_button_pressed", () => { if (!closeTop()) leave(); });
on("settings_button_pressed", () => go("#/settings"));
void start();
