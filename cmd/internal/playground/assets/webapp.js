// The Mini App of the bot: a sheet with a sandboxed frame, and Telegram's side of the protocol that
// telegram-web-app.js speaks from within it (messages of {eventType, eventData} as JSON).
import { el, icon } from "./dom.js";
import { choices, store } from "./store.js";
import { confirmBox, modal, popup, toast } from "./overlays.js";
import { paySheet } from "./pay.js";

const version = "9.1";
let running = null;

/** What an app may paint itself with, read from the page's own colours. */
function themeParams() {
  const css = getComputedStyle(document.documentElement);
  const of = (name) => css.getPropertyValue(name).trim();
  return {
    bg_color: of("--page"), secondary_bg_color: of("--sunken"), section_bg_color: of("--raised"), header_bg_color: of("--page"), bottom_bar_bg_color: of("--page"),
    text_color: of("--text"), hint_color: of("--dim"), subtitle_text_color: of("--dim"), section_header_text_color: of("--accent"), section_separator_color: of("--line"),
    link_color: of("--accent"), accent_text_color: of("--accent"), button_color: of("--accent"), button_text_color: of("--on-accent"), destructive_text_color: of("--bad"),
  };
}

/**
 * Opens a Mini App. kind: "inline", "menu", "keyboard" or "link"; url is absent for a link, whose app the bot's menu
 * names. An app opened from a keyboard may send data to the bot; the others get a signed launch.
 */
export async function openApp(pane, { kind, url, start, button = "" }) {
  const launch = await pane.send("app", { kind, url: url ?? "", start: start ?? "" });
  if (!launch) return;
  running?.close();
  running = new App(pane, { ...launch, kind, button });
}

class App {
  constructor(pane, { url, init_data: init, kind, button }) {
    this.pane = pane;
    this.kind = kind;
    this.button = button;
    this.confirmClose = false;
    this.frame = el("iframe", { class: "app-frame", title: `Mini App of ${store.bot.name}`, sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-modals", allow: "clipboard-write" });
    this.back = el("button", { type: "button", class: "round app-back", "aria-label": "Back", hidden: true, onclick: () => this.tell("back_button_pressed") }, icon("left"));
    this.main = this.bottomButton("main", "main_button_pressed");
    this.second = this.bottomButton("second", "secondary_button_pressed");
    this.box = modal("app-sheet", `Mini App of ${store.bot.name}`,
      el("div", { class: "app-bar" }, this.back, el("h2", {}, store.bot.name, el("small", {}, "mini app")),
        el("button", { type: "button", class: "round", "aria-label": "Close the app", onclick: () => this.leave() }, icon("close"))),
      this.frame, el("div", { class: "app-buttons" }, this.second, this.main));
    this.box.addEventListener("cancel", (e) => { e.preventDefault(); this.leave(); });
    this.onMessage = (e) => { if (e.source === this.frame.contentWindow) this.hear(e.data); };
    addEventListener("message", this.onMessage);
    this.box.addEventListener("close", () => this.gone());
    this.theme = new MutationObserver(() => this.tell("theme_changed", { theme_params: themeParams() }));
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.frame.src = launchURL(url, init);
  }

  bottomButton(cls, event) {
    const node = el("button", { type: "button", class: `app-button ${cls}`, hidden: true, onclick: () => this.tell(event) });
    return node;
  }

  /** Says something to the app. */
  tell(eventType, eventData = null) {
    this.frame.contentWindow?.postMessage(JSON.stringify({ eventType, eventData }), "*");
  }

  hear(data) {
    let said;
    try { said = JSON.parse(data); } catch { return; }
    const answer = this[`on_${String(said?.eventType).replace(/^web_app_/, "")}`];
    if (typeof answer === "function") answer.call(this, said.eventData ?? {});
  }

  async leave() {
    if (this.confirmClose && !await confirmBox(store.bot.name, "Changes that you made may not be saved.", "Close anyway", true)) return;
    this.close();
  }

  close() { this.box.close(); }

  gone() {
    removeEventListener("message", this.onMessage);
    this.theme.disconnect();
    if (running === this) running = null;
  }

  on_ready() { this.frame.classList.add("ready"); }
  on_close() { this.close(); }
  on_expand() { this.box.classList.add("expanded"); this.viewport(); }
  on_request_theme() { this.tell("theme_changed", { theme_params: themeParams() }); }
  on_request_viewport() { this.viewport(); }
  on_request_safe_area() { this.tell("safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }); }
  on_request_content_safe_area() { this.tell("content_safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }); }
  viewport() {
    const { width, height } = this.frame.getBoundingClientRect();
    this.tell("viewport_changed", { width, height, is_expanded: true, is_state_stable: true });
  }

  on_setup_back_button({ is_visible: visible }) { this.back.hidden = !visible; }
  on_setup_main_button(how) { this.dress(this.main, how); }
  on_setup_secondary_button(how) { this.dress(this.second, how); }
  on_setup_closing_behavior({ need_confirmation: need }) { this.confirmClose = Boolean(need); }
  on_set_header_color({ color, color_key: key }) { this.box.style.setProperty("--app-bar", colour(color) ?? colour(themeParams()[key]) ?? ""); }
  on_set_background_color({ color }) { this.frame.style.backgroundColor = colour(color) ?? ""; }
  on_set_bottom_bar_color() { /* the bar keeps the page's colour */ }
  on_trigger_haptic_feedback() { /* nothing here can shake */ }

  dress(button, { is_visible: visible, is_active: active, is_progress_visible: busy, text, color, text_color: ink }) {
    button.hidden = !visible;
    button.disabled = !active || Boolean(busy);
    button.replaceChildren(...(busy ? [el("span", { class: "spinner" })] : []), text ?? "");
    button.style.background = colour(color) ?? "";
    button.style.color = colour(ink) ?? "";
    this.viewport();
  }

  async on_open_popup({ title, message, buttons }) {
    const words = { ok: "OK", close: "Close", cancel: "Cancel" };
    const shown = (buttons?.length ? buttons : [{ id: "", type: "close" }]).map((b) => ({ ...b, text: b.text || words[b.type] || "OK" }));
    const id = await popup(title ?? "", message ?? "", shown);
    this.tell("popup_closed", id ? { button_id: id } : {});
  }

  async on_open_invoice({ slug }) {
    const status = await paySheet(this.pane, { link: `https://t.me/$${slug}` });
    this.tell("invoice_closed", { slug, status });
  }

  async on_data_send({ data }) {
    if (this.kind !== "keyboard") { toast("Only an app opened from the keyboard may send data.", "bad"); return; }
    if (await this.pane.send("app_data", { button: this.button, data: String(data) })) this.close();
  }

  on_open_link({ url }) { this.pane.deeds.open(url); }
  on_open_tg_link({ path_full: path }) { this.close(); this.pane.deeds.open(`https://t.me${path}`, true); }
  on_switch_inline_query({ query }) { this.close(); this.pane.composer.begin(`@${store.bot.username} ${query ?? ""}`); }
  on_request_write_access() { this.tell("write_access_requested", { status: "allowed" }); }
  async on_request_phone() {
    const sent = await confirmBox("Share your phone number?", `${store.bot.name} will know it.`, "Share") && await this.pane.send("extra", { kind: "contact" });
    this.tell("phone_requested", { status: sent ? "sent" : "cancelled" });
  }

  on_read_text_from_clipboard({ req_id: id }) { this.tell("clipboard_text_received", { req_id: id, data: null }); }
  async on_send_prepared_message({ id }) {
    const sent = await this.pane.send("prepared", { id: String(id) });
    if (sent) this.tell("prepared_message_sent"); else this.tell("prepared_message_failed", { error: "MESSAGE_SEND_FAILED" });
  }
  on_request_fullscreen() { this.tell("fullscreen_failed", { error: "UNSUPPORTED" }); }

  /** CloudStorage: kept in this browser, for each person. */
  on_invoke_custom_method({ req_id: id, method, params }) {
    const name = `cloud.${this.pane.person.id}`;
    const all = choices.get(name, {});
    const replies = {
      saveStorageValue: () => { all[params.key] = params.value; choices.set(name, all); return true; },
      getStorageValues: () => Object.fromEntries((params.keys ?? []).map((key) => [key, all[key] ?? ""])),
      deleteStorageValues: () => { for (const key of params.keys ?? []) delete all[key]; choices.set(name, all); return true; },
      getStorageKeys: () => Object.keys(all),
    };
    this.tell("custom_method_invoked", replies[method] ? { req_id: id, result: replies[method]() } : { req_id: id, error: "METHOD_INVALID" });
  }
}

const colour = (value) => (/^#[0-9a-f]{3,8}$/i.test(value ?? "") ? value : null);

/**
 * The app's address with what Telegram puts behind it. An app of our own address is opened by the other name of
 * this machine: a frame of the same origin could reach out of its sandbox.
 */
function launchURL(address, init) {
  const url = new URL(address);
  if (url.origin === location.origin) url.hostname = location.hostname === "localhost" ? "127.0.0.1" : "localhost";
  const launch = new URLSearchParams({ tgWebAppData: init, tgWebAppVersion: version, tgWebAppPlatform: "weba", tgWebAppThemeParams: JSON.stringify(themeParams()) });
  if (!init) launch.delete("tgWebAppData");
  return `${url.href.split("#")[0]}#${launch}`;
}
