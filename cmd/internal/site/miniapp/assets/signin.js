// The door, for whom Telegram did not bring here: a browser signs in with Telegram where that is set up, by an authorization code
// with PKCE, or by a code that comes by e-mail; the way to the bot is always there. What proves who began a sign-in stays in the tab that began it; the server knows where
// the way leads.
import { askByMail, enterByCode, enterByMail } from "./api.js";
import { openTelegram } from "./bridge.js";
import { button, el, icon } from "./dom.js";
import { keep, kept } from "./kept.js";
import { t } from "./text.js";
import { once, problem } from "./ui.js";

const about = document.documentElement.dataset;

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function leave() {
  const proof = { verifier: random(), state: random(), nonce: random(), back: location.hash };
  keep("oidc", JSON.stringify(proof));
  const hash = base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(proof.verifier)));
  location.assign(`/app/api/session/oidc?${new URLSearchParams({ state: proof.state, nonce: proof.nonce, code_challenge: hash })}`);
}

/** Ends a sign-in that brought us back; resolves to who it is, null if there was none. */
export async function returned() {
  const query = new URLSearchParams(location.search);
  const code = query.get("code");
  const proof = JSON.parse(kept("oidc") ?? "null");
  if (!proof || !query.has("state")) return null;
  keep("oidc", null);
  history.replaceState(null, "", `/app/${proof.back}`);
  if (!code || query.get("state") !== proof.state) return null;
  return enterByCode({ code, verifier: proof.verifier, nonce: proof.nonce });
}

/** What the code is bound to: this tab alone has it. */
function mailKey() {
  if (!kept("mail")) keep("mail", random());
  return kept("mail");
}

/** A field and what it is for; Enter does it too. What was wrong is selected, so that typing replaces it. */
function asking(label, field, yes, deed) {
  const go = el("button", { type: "submit", class: "button" }, yes);
  const tries = async () => { try { await deed(field.value.trim()); } catch (e) { field.select(); throw e; } };
  return el("form", { class: "by-mail", onsubmit: (e) => { e.preventDefault(); void once(go, tries); } }, el("label", { class: "field" }, label, field), go);
}

function askAddress(room) {
  const field = el("input", { type: "email", required: true, autocomplete: "email", maxlength: 254, placeholder: "ann@example.com" });
  room.replaceChildren(el("p", {}, t("signin.maillead")), asking(t("signin.address"), field, t("signin.mailcode"), async (address) => {
    await askByMail(address, mailKey());
    askCode(room, address);
  }));
  field.focus();
}

function askCode(room, address) {
  const field = el("input", { type: "text", required: true, inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12, placeholder: "0000 0000", class: "digits" });
  room.replaceChildren(el("p", { role: "status" }, t("signin.mailed", { address })), asking(t("signin.code"), field, t("signin.enter"), async (code) => {
    await enterByMail(mailKey(), code);
    keep("mail", null);
    location.reload();
  }), button(t("signin.other"), () => askAddress(room), "plain"));
  field.focus();
}

/** The way in by e-mail, behind its button. */
function byMail() {
  const room = el("div", { class: "mail-room" }, button(t("signin.mail"), () => {
    for (const other of room.parentNode.querySelectorAll(":scope > .button")) other.classList.add("soft");
    askAddress(room);
  }, "soft", "mail"));
  return room;
}

/** Shows the door. reason is an error that led here, if one did. */
export function signin(reason, again) {
  return el("section", { class: "signin" }, icon("picture"), el("h1", { tabindex: -1 }, t("signin.title")), el("p", {}, t("signin.lead")),
    reason && problem(reason, again),
    "oidc" in about && button(t("signin.telegram"), leave, "", "send"),
    about.chat && button(t("signin.bot"), () => openTelegram(about.chat), "oidc" in about ? "soft" : "", "send"),
    "mail" in about && byMail());
}
