// Our half of the protocol between a Mini App and Telegram's apps, as far as it is needed here: nothing is loaded from
// telegram.org. A phone has a proxy object, the desktop an external one, a browser a frame around us. With none of them
// this is a plain page, and what only Telegram can do says so.
import { keep, kept } from "./kept.js";

const launch = launched();

/** Telegram puts the launch behind the address. It is kept for a reload, and taken out of what the address shows. */
function launched() {
  const fresh = location.hash.slice(1);
  if (/(^|&)tgWebApp(Data|Version)=/.test(fresh) && fresh !== kept("launch")) {
    keep("launch", fresh);
    keep("session", null);
  }
  return new URLSearchParams(kept("launch") ?? "");
}

// Whoever may frame this page is named by its Content-Security-Policy, so the target needs no second list.
const post = typeof window.TelegramWebviewProxy?.postEvent === "function" ? (type, data) => window.TelegramWebviewProxy.postEvent(type, JSON.stringify(data))
  : typeof window.external?.notify === "function" ? (eventType, eventData) => window.external.notify(JSON.stringify({ eventType, eventData }))
    : window.parent !== window ? (eventType, eventData) => window.parent.postMessage(JSON.stringify({ eventType, eventData }), "*")
      : null;

/** Whether there is a Telegram around us that hears and answers. */
export const native = Boolean(post) && launch.has("tgWebAppVersion");
export const initData = launch.get("tgWebAppData") ?? "";
const fields = new URLSearchParams(initData);
export const startParam = launch.get("tgWebAppStartParam") ?? fields.get("start_param") ?? "";
export const launchTheme = parsed(launch.get("tgWebAppThemeParams"));
export const launchLanguage = parsed(fields.get("user"))?.language_code ?? "";

function parsed(text) { try { return JSON.parse(text); } catch { return null; } }

function since(wanted) {
  const [a, b] = [launch.get("tgWebAppVersion") ?? "0", wanted].map((v) => v.split(".").map(Number));
  return native && (a[0] - b[0] || (a[1] ?? 0) - (b[1] ?? 0)) >= 0;
}

function tell(type, data = {}, version = "6.0") { if (since(version)) post(`web_app_${type}`, data); }

const listeners = new Map();
export function on(event, run) { listeners.set(event, [...listeners.get(event) ?? [], run]); }

function receive(event, data) { for (const run of listeners.get(event) ?? []) run(parsed(data) ?? data ?? {}); }

if (native) {
  window.Telegram = { ...window.Telegram, WebView: { receiveEvent: receive } };
  window.TelegramGameProxy = { receiveEvent: receive };
  window.TelegramGameProxy_receiveEvent = receive;
  addEventListener("message", (e) => {
    if (e.source !== window.parent) return;
    const said = parsed(e.data);
    if (said?.eventType === "reload_iframe") { post("iframe_will_reload"); location.reload(); } else if (said?.eventType) receive(said.eventType, said.eventData);
  });
  for (const name of ["safe_area", "content_safe_area"]) {
    on(`${name}_changed`, (area) => { for (const side of ["top", "bottom", "left", "right"]) document.documentElement.style.setProperty(`--${name.replaceAll("_", "-")}-${side}`, `${Number(area[side]) || 0}px`); });
  }
}

export function ready() {
  if (window.parent !== window) post?.("iframe_ready", { reload_supported: true });
  tell("ready");
  tell("expand");
  tell("request_theme");
  tell("request_safe_area", {}, "8.0");
  tell("request_content_safe_area", {}, "8.0");
  tell("setup_settings_button", { is_visible: true }, "6.10");
}

/** The colours of the bars that Telegram draws around the page. */
export function bars(colour) {
  tell("set_header_color", { color: colour }, "6.9");
  tell("set_background_color", { color: colour }, "6.1");
  tell("set_bottom_bar_color", { color: colour }, "7.10");
}

export const back = (visible) => tell("setup_back_button", { is_visible: visible }, "6.1");
export const mainButton = (how) => tell("setup_main_button", how);
export const confirmClosing = (need) => tell("setup_closing_behavior", { need_confirmation: need }, "6.2");
export const openLink = (url) => { if (native) tell("open_link", { url: new URL(url, location.href).href }); else open(url, "_blank", "noopener"); };
export const close = () => tell("close");

/** kind: "tap", "success", "warning" or "error" */
export function haptic(kind) {
  tell("trigger_haptic_feedback", kind === "tap" ? { type: "impact", impact_style: "light" } : { type: "notification", notification_type: kind }, "6.1");
}

/** Opens a chat or a bot of Telegram's. */
export function openTelegram(url) {
  const { hostname, pathname, search } = new URL(url, location.href);
  if (native && hostname === "t.me") tell("open_tg_link", { path_full: pathname + search }); else openLink(url);
}

/** Opens an invoice. Resolves to "paid", "cancelled", "failed" or "pending"; the last also where it is paid in another window. */
export async function openInvoice(url) {
  const slug = /(?:\$|invoice\/)([\w-]+)$/.exec(new URL(url).pathname)?.[1];
  if (!since("6.1") || !slug) { openTelegram(url); return "pending"; }
  const closed = new Promise((resolve) => { on("invoice_closed", (how) => { if (how.slug === slug) resolve(how.status); }); });
  tell("open_invoice", { slug });
  return closed;
}

/** Whether people here can send on a message that the bot had Telegram prepare. */
export const preparing = since("8.0");

let sharing = null;
on("prepared_message_sent", () => sharing?.("sent"));
on("prepared_message_failed", ({ error }) => sharing?.(error ?? "UNKNOWN_ERROR"));

/** Asks to which chat a prepared message goes. Resolves to "sent", "USER_DECLINED" or another word for why not. */
export function sendPrepared(id) {
  sharing?.("USER_DECLINED");
  const done = new Promise((resolve) => { sharing = resolve; });
  tell("send_prepared_message", { id }, "8.0");
  return done;
}

/** Saves a file by Telegram, where a page may not; false where Telegram has no way either. */
export function download(url, name) {
  if (!native) return false;
  if (since("8.0")) tell("request_file_download", { url: new URL(url, location.href).href, file_name: name }); else openLink(url);
  return true;
}
