// The app's side of a Mini App: window.Telegram.WebApp for a machine without telegram.org. It speaks the protocol of
// Telegram's own telegram-web-app.js, so the same app runs there and here. The playground never loads it: apps do.
(() => {
  const launch = new URLSearchParams(location.hash.slice(1));
  const initData = launch.get("tgWebAppData") ?? "";
  const listeners = new Map(); // event → Set of functions
  const waiting = new Map(); // request id → callback
  const themeVariables = (params) => { for (const [name, value] of Object.entries(params)) document.documentElement.style.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, value); };
  let requests = 0;
  let popupDone = null;
  const invoices = new Map(); // slug → callback

  const tell = (type, data = {}) => parent.postMessage(JSON.stringify({ eventType: `web_app_${type}`, eventData: data }), "*");
  const emit = (event, data) => { for (const run of [...listeners.get(event) ?? []]) run.call(app, data); };
  const on = (event, run) => { if (!listeners.has(event)) listeners.set(event, new Set()); listeners.get(event).add(run); };
  const off = (event, run) => listeners.get(event)?.delete(run);
  const parsed = Object.fromEntries([...new URLSearchParams(initData)].map(([name, value]) => {
    try { return [name, /^[{[]/.test(value) ? JSON.parse(value) : /^(auth_date|can_send_after)$/.test(name) ? Number(value) : value]; } catch { return [name, value]; }
  }));

  /** A button below the app, or the one back in its bar; every setter tells the app around at once. */
  function button(type, event, state, send) {
    const self = {
      onClick: (run) => { on(event, run); return self; },
      offClick: (run) => { off(event, run); return self; },
      setText: (text) => self.setParams({ text }),
      show: () => self.setParams({ is_visible: true }),
      hide: () => self.setParams({ is_visible: false }),
      enable: () => self.setParams({ is_active: true }),
      disable: () => self.setParams({ is_active: false }),
      showProgress: () => self.setParams({ is_progress_visible: true }),
      hideProgress: () => self.setParams({ is_progress_visible: false }),
      setParams: (params) => { Object.assign(state, params); tell(`setup_${type}`, send(state)); return self; },
      get text() { return state.text; }, set text(text) { self.setText(text); },
      get color() { return state.color; }, set color(color) { self.setParams({ color }); },
      get textColor() { return state.text_color; }, set textColor(color) { self.setParams({ text_color: color }); },
      get isVisible() { return state.is_visible; }, set isVisible(on) { self.setParams({ is_visible: on }); },
      get isActive() { return state.is_active; },
      get isProgressVisible() { return state.is_progress_visible; },
    };
    return self;
  }
  const bottom = (text) => ({ text, is_visible: false, is_active: true, is_progress_visible: false });

  function ask(method, params, done) {
    const id = String(++requests);
    waiting.set(id, done);
    tell("invoke_custom_method", { req_id: id, method, params });
  }

  const cloud = {
    setItem: (key, value, done) => { ask("saveStorageValue", { key, value }, done); return cloud; },
    getItem: (key, done) => { ask("getStorageValues", { keys: [key] }, (error, all) => done(error, all?.[key])); return cloud; },
    getItems: (keys, done) => { ask("getStorageValues", { keys }, done); return cloud; },
    removeItem: (key, done) => { ask("deleteStorageValues", { keys: [key] }, done); return cloud; },
    removeItems: (keys, done) => { ask("deleteStorageValues", { keys }, done); return cloud; },
    getKeys: (done) => { ask("getStorageKeys", {}, done); return cloud; },
  };

  const haptic = { impactOccurred: () => haptic, notificationOccurred: () => haptic, selectionChanged: () => haptic };

  const app = {
    initData, initDataUnsafe: parsed, version: launch.get("tgWebAppVersion") ?? "6.0", platform: launch.get("tgWebAppPlatform") ?? "unknown",
    themeParams: JSON.parse(launch.get("tgWebAppThemeParams") ?? "{}"), isExpanded: true, isActive: true, isFullscreen: false, isClosingConfirmationEnabled: false,
    viewportHeight: innerHeight, viewportStableHeight: innerHeight, headerColor: "", backgroundColor: "", bottomBarColor: "",
    safeAreaInset: { top: 0, bottom: 0, left: 0, right: 0 }, contentSafeAreaInset: { top: 0, bottom: 0, left: 0, right: 0 },
    get colorScheme() { return light(app.themeParams.bg_color) ? "light" : "dark"; },
    MainButton: button("main_button", "mainButtonClicked", bottom("Continue"), (s) => s),
    SecondaryButton: button("secondary_button", "secondaryButtonClicked", bottom("Cancel"), (s) => s),
    BackButton: button("back_button", "backButtonClicked", { is_visible: false }, (s) => ({ is_visible: s.is_visible })),
    SettingsButton: button("settings_button", "settingsButtonClicked", { is_visible: false }, (s) => ({ is_visible: s.is_visible })),
    HapticFeedback: haptic, CloudStorage: cloud,
    onEvent: on, offEvent: off,
    isVersionAtLeast: (wanted) => { const [a, b] = [app.version, wanted].map((v) => v.split(".").map(Number)); return a[0] !== b[0] ? a[0] > b[0] : (a[1] ?? 0) >= (b[1] ?? 0); },
    ready: () => tell("ready"), expand: () => tell("expand"), close: () => tell("close"),
    requestFullscreen: () => tell("request_fullscreen"), exitFullscreen: () => tell("exit_fullscreen"),
    setHeaderColor: (color) => tell("set_header_color", /^#/.test(color) ? { color } : { color_key: color }),
    setBackgroundColor: (color) => tell("set_background_color", { color: app.themeParams[color] ?? color }),
    setBottomBarColor: (color) => tell("set_bottom_bar_color", { color }),
    enableClosingConfirmation: () => { app.isClosingConfirmationEnabled = true; tell("setup_closing_behavior", { need_confirmation: true }); },
    disableClosingConfirmation: () => { app.isClosingConfirmationEnabled = false; tell("setup_closing_behavior", { need_confirmation: false }); },
    enableVerticalSwipes() {}, disableVerticalSwipes() {},
    sendData: (data) => tell("data_send", { data }),
    openLink: (url) => tell("open_link", { url: new URL(url, location.href).href }),
    openTelegramLink: (url) => { const { pathname, search } = new URL(url); tell("open_tg_link", { path_full: pathname + search }); },
    openInvoice: (url, done) => { const slug = /\$([\w-]+)$/.exec(new URL(url).pathname)[1]; invoices.set(slug, done); tell("open_invoice", { slug }); },
    switchInlineQuery: (query, types = []) => tell("switch_inline_query", { query, chat_types: types }),
    shareMessage: (id, done) => { waiting.set("share", done); tell("send_prepared_message", { id }); },
    showPopup: (params, done) => {
      if (popupDone) throw Error("WebAppPopupOpened");
      popupDone = done ?? (() => {});
      tell("open_popup", { title: params.title ?? "", message: params.message, buttons: params.buttons ?? [{ id: "", type: "close" }] });
    },
    showAlert: (message, done) => app.showPopup({ message }, done && (() => done())),
    showConfirm: (message, done) => app.showPopup({ message, buttons: [{ id: "ok", type: "ok" }, { id: "", type: "cancel" }] }, (id) => done?.(id === "ok")),
    requestWriteAccess: (done) => { waiting.set("write", done); tell("request_write_access"); },
    requestContact: (done) => { waiting.set("phone", done); tell("request_phone"); },
    readTextFromClipboard: (done) => { const id = String(++requests); waiting.set(id, done); tell("read_text_from_clipboard", { req_id: id }); },
  };

  function light(colour) {
    const hex = /^#([0-9a-f]{6})$/i.exec(colour ?? "")?.[1];
    if (!hex) return true;
    const [r, g, b] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    return r * 0.3 + g * 0.59 + b * 0.11 > 140;
  }

  const take = (key) => { const done = waiting.get(key); waiting.delete(key); return done ?? (() => {}); };
  const heard = {
    main_button_pressed: () => emit("mainButtonClicked"),
    secondary_button_pressed: () => emit("secondaryButtonClicked"),
    back_button_pressed: () => emit("backButtonClicked"),
    theme_changed: ({ theme_params: params }) => { app.themeParams = params; themeVariables(params); emit("themeChanged"); },
    viewport_changed: ({ height, is_state_stable: stable }) => { app.viewportHeight = height; if (stable) app.viewportStableHeight = height; emit("viewportChanged", { isStateStable: stable }); },
    popup_closed: ({ button_id: id = "" }) => { const done = popupDone; popupDone = null; done?.(id); emit("popupClosed", { button_id: id || null }); },
    invoice_closed: ({ slug, status }) => { const done = invoices.get(slug); invoices.delete(slug); done?.(status); emit("invoiceClosed", { url: `https://t.me/$${slug}`, status }); },
    write_access_requested: ({ status }) => { take("write")(status === "allowed"); emit("writeAccessRequested", { status }); },
    phone_requested: ({ status }) => { take("phone")(status === "sent"); emit("contactRequested", { status }); },
    clipboard_text_received: ({ req_id: id, data }) => take(id)(data),
    custom_method_invoked: ({ req_id: id, result, error }) => take(id)(error ?? null, result),
    prepared_message_sent: () => { take("share")(true); emit("shareMessageSent"); },
    prepared_message_failed: ({ error }) => { take("share")(false); emit("shareMessageFailed", { error }); },
    fullscreen_failed: ({ error }) => emit("fullscreenFailed", { error }),
  };

  addEventListener("message", (e) => {
    if (e.source !== parent) return;
    let said;
    try { said = JSON.parse(e.data); } catch { return; }
    if (Object.hasOwn(heard, said?.eventType)) heard[said.eventType](said.eventData ?? {});
  });
  themeVariables(app.themeParams);
  tell("request_theme");
  tell("request_viewport");
  window.Telegram = { ...window.Telegram, WebApp: app };
})();
