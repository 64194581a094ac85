// The list of calls: what the bot asked, what it was told, how long it took, and what went wrong on purpose.
import { el, icon, iconButton, sizeOf } from "./dom.js";
import { choices } from "./store.js";
import { toast } from "./overlays.js";
import { disclosure, sheet } from "./panel.js";

const keep = 300;
const second = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export class CallList {
  constructor(goTo) {
    this.goTo = goTo;
    this.held = []; // while paused
    this.words = el("input", { type: "search", class: "filter", placeholder: "Filter: method, text, code", "aria-label": "Filter calls", oninput: () => this.filter() });
    this.bad = check("Errors only", "errors", false, () => this.filter());
    this.quiet = check("No polling", "quiet", true, () => this.filter());
    this.pause = el("button", { type: "button", class: "slim", "aria-pressed": "false", onclick: () => this.hold(!this.paused) }, "Pause");
    this.list = el("ol", { class: "calls", "aria-label": "Calls, newest first", tabindex: "0" });
    this.empty = el("p", { class: "nothing" });
    this.node = el("div", { class: "part" },
      el("div", { class: "part-tools" }, this.words,
        el("div", { class: "part-row" }, this.bad.label, this.quiet.label, this.pause, el("button", { type: "button", class: "slim", onclick: () => this.clear() }, "Clear"))),
      this.empty, this.list);
    this.filter();
  }

  add(calls) {
    if (this.paused) { this.held.push(...calls); this.showHeld(); return; }
    this.list.prepend(...calls.map((call) => this.row(call)).reverse());
    while (this.list.children.length > keep) this.list.lastElementChild.remove();
    if (calls.length > 0) this.filter();
  }

  hold(on) {
    this.paused = on;
    this.pause.setAttribute("aria-pressed", String(on));
    const held = this.held;
    this.held = [];
    if (!on) this.add(held);
    this.showHeld();
  }

  showHeld() { this.pause.textContent = this.paused ? `Resume${this.held.length ? ` (${this.held.length})` : ""}` : "Pause"; }

  clear() { this.held = []; this.list.replaceChildren(); this.showHeld(); this.filter(); }

  /** Hides what does not fit; nothing is forgotten by it. */
  filter() {
    const words = this.words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of this.list.children) {
      const fits = words.every((w) => row.words.includes(w)) && !(this.bad.box.checked && row.fine) && !(this.quiet.box.checked && row.poll);
      row.hidden = !fits;
      if (fits) shown++;
    }
    this.empty.textContent = shown > 0 ? "" : this.list.children.length > 0 ? "No call fits the filter." : "No calls yet. As soon as the bot asks for something, it is listed here.";
  }

  row(call) {
    const fine = call.code === 200 && !call.fault;
    const link = call.message ? iconButton("link", `Show message ${call.message}`, () => this.goTo(call.chat, call.message), "tight") : null;
    const row = el("li", { class: fine ? "" : "troubled" }, disclosure([
      el("span", { class: "method" }, call.method, call.fault && el("span", { class: "fault-mark" }, icon("bolt"), call.fault.replaceAll("_", " "))),
      el("span", { class: `code ${tone(call)}` }, call.code ? String(call.code) : "none"),
      el("span", { class: "ms" }, call.ms < 10 ? `${call.ms.toFixed(1)} ms` : call.ms < 1e4 ? `${Math.round(call.ms)} ms` : `${(call.ms / 1000).toFixed(1)} s`),
    ], () => this.body(call), link));
    return Object.assign(row, { words: wordsOf(call), fine, poll: call.method === "getUpdates" && fine });
  }

  body(call) {
    return [
      el("p", { class: "dim call-when" }, el("time", { datetime: new Date(call.at).toISOString() }, second.format(call.at)), ` · call ${call.seq}`,
        el("button", { type: "button", class: "slim", onclick: () => copyCurl(call) }, "Copy as curl")),
      call.fault && el("p", { class: "fault-line" }, icon("bolt"), `Broken on purpose: ${call.fault.replaceAll("_", " ")}`),
      el("h3", {}, "Parameters"), sheet(`Parameters of ${call.method}`, call.params),
      ...(call.files ?? []).map((f) => el("p", { class: "binary" }, icon("file"), `${f.part}: ${f.name || "unnamed"}, ${sizeOf(f.size)} of binary`)),
      el("h3", {}, "Answer"), call.answer ? sheet(`Answer to ${call.method}`, call.answer) : el("p", { class: "dim" }, "None: the bot did not get one."),
    ].filter(Boolean);
  }
}

function check(text, name, fallback, onchange) {
  const box = el("input", { type: "checkbox", onchange: () => { choices.set(name, box.checked); onchange(); } });
  box.checked = choices.get(name, fallback);
  return { box, label: el("label", {}, box, text) };
}

function tone({ code }) {
  if (code === 200) return "ok";
  return code === 429 || code === 0 ? "late" : "bad";
}

const wordsOf = (call) => [call.method, call.code || "none", call.fault, ...Object.entries(call.params ?? {}).flat(), JSON.stringify(call.answer ?? "")].join(" ").toLowerCase();

/** Single quotes, as a shell wants them. */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The call for a terminal. The token stays out of it. */
export function curlOf(call) {
  const parts = Object.entries(call.params ?? {}).map(([name, value]) => `--form-string ${shell(`${name}=${value}`)}`);
  const files = (call.files ?? []).map((f) => `--form ${shell(`${f.part}=@${f.name || "file"}`)}`);
  return [`curl "https://api.telegram.org/bot$TOKEN/${call.method}"`, ...parts, ...files].join(" \\\n  ");
}

async function copyCurl(call) {
  try { await navigator.clipboard.writeText(curlOf(call)); toast("Copied. Put the token into $TOKEN."); } catch { toast("The browser does not let the page copy.", "bad"); }
}
