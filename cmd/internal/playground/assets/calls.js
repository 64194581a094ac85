// The drawer with the bot's calls to the Bot API: what it asked, what it was told, how long it took.
import { el, iconButton, sizeOf } from "./dom.js";
import { get } from "./api.js";
import { choices } from "./store.js";

const every = 1000;
const keep = 300;

export class Calls {
  constructor(node, onClose) {
    this.node = node;
    this.last = 0;
    this.quiet = el("input", { type: "checkbox", onchange: () => { choices.set("quiet", this.quiet.checked); this.hidePolls(); } });
    this.quiet.checked = choices.get("quiet", true);
    this.list = el("ol", { class: "calls" });
    node.append(
      el("header", { class: "drawer-head" }, el("h2", {}, "API calls"),
        el("label", {}, this.quiet, "Hide getUpdates"), iconButton("close", "Close", onClose)),
      this.list);
    node.addEventListener("keydown", (e) => { if (e.key === "Escape") onClose(); });
    this.hidePolls();
  }

  hidePolls() { this.list.classList.toggle("no-polls", this.quiet.checked); }

  show(on) {
    this.node.hidden = !on;
    clearTimeout(this.timer);
    if (on) this.poll();
  }

  async poll() {
    try {
      const { calls, last } = await get(`/calls?after=${this.last}`);
      if (last < this.last) { this.last = 0; this.list.replaceChildren(); }
      else {
        this.last = last;
        this.list.prepend(...calls.map(callRow).reverse());
        while (this.list.children.length > keep) this.list.lastElementChild.remove();
      }
    } catch { /* the bar above says that the connection is lost */ }
    if (!this.node.hidden) this.timer = setTimeout(() => this.poll(), every);
  }
}

function callRow(call) {
  const body = el("div", { class: "call-body" });
  const good = call.code === 200 ? "ok" : "bad";
  const box = el("details", {},
    el("summary", {},
      el("span", { class: "method" }, call.method), el("span", { class: `code ${good}` }, String(call.code || "–")),
      el("span", { class: "ms" }, `${call.ms < 10 ? call.ms.toFixed(1) : Math.round(call.ms)} ms`)),
    body);
  box.addEventListener("toggle", () => {
    if (!box.open || body.firstChild) return;
    body.append(el("h3", {}, "Parameters"), el("pre", {}, pretty(call.params)),
      ...(call.files ?? []).map((f) => el("p", { class: "dim" }, `File ${f.part}: ${f.name}, ${sizeOf(f.size)}`)), el("h3", {}, "Answer"), el("pre", {}, pretty(call.answer)));
  });
  return el("li", { class: call.method === "getUpdates" ? "poll" : "" }, box);
}

/** Parameters hold JSON as text; it is easier to read unfolded. */
const unfold = (_, value) => {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try { return JSON.parse(value); } catch { return value; }
};

const pretty = (value) => JSON.stringify(value, unfold, 2) ?? "–";
