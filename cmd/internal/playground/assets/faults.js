// The bench of faults: bad days at one press, a form for anything else, and the list of what is broken now.
import { el, icon, iconButton } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";
import { toast } from "./overlays.js";

/** Which fields of the form a kind has beside method, chat and times. */
const fieldsOf = { refuse: ["code", "description", "retry_after"], slow: ["delay"], reorder_webhooks: ["delay"], html_502: ["after_effect"], empty_ok: ["after_effect"], hang: ["after_effect"] };
const templates = {
  "429": { code: 429, description: "", retry_after: 5 }, "403": { code: 403, description: "Forbidden: bot was blocked by the user", retry_after: 0 },
  "400": { code: 400, description: "Bad Request: ", retry_after: 0 }, "500": { code: 500, description: "Internal Server Error", retry_after: 0 },
};

export class FaultBench {
  constructor(onChange) {
    this.onChange = onChange;
    this.presets = el("div", { class: "presets" });
    this.active = el("ul", { class: "active-faults", "aria-label": "Faults in force" });
    this.none = el("p", { class: "nothing" }, "Nothing is broken. Telegram is having a good day.");
    this.mendAll = el("button", { type: "button", class: "slim", hidden: true, onclick: () => this.act("mend", {}) }, "Mend everything");
    this.form = el("form", { class: "fault-form" });
    this.node = el("div", { class: "part faults" },
      el("section", {}, el("h3", {}, "In force", this.mendAll), this.none, this.active),
      el("section", {}, el("h3", {}, "Bad days"), this.presets),
      el("section", {}, el("h3", {}, "Break something"), this.form));
  }

  render({ faults, kinds, presets, methods }) {
    if (!this.built) { this.built = true; this.build(kinds, presets, methods); }
    this.fillChats();
    this.none.hidden = faults.length > 0;
    this.mendAll.hidden = faults.length === 0;
    const sign = JSON.stringify([faults, [...store.people.keys()]]);
    if (this.sign === sign && !faults.some((f) => f.ends)) return;
    this.sign = sign;
    const held = document.activeElement?.closest?.("[data-fault]")?.dataset.fault;
    this.active.replaceChildren(...faults.map((f) => this.faultRow(f, kinds)));
    if (held) this.active.querySelector(`[data-fault="${held}"] button`)?.focus();
  }

  faultRow({ id, fault, fired, remaining, ends }, kinds) {
    const name = kinds.find((k) => k.kind === fault.kind)?.name ?? fault.kind;
    const what = fault.kind === "refuse" ? `${name} with ${fault.code || 500}` : name;
    const where = [fault.method || "any call", fault.chat_id && `in ${store.groups.get(fault.chat_id)?.title ?? store.nameOf(fault.chat_id) ?? fault.chat_id}`].filter(Boolean).join(" ");
    const left = [remaining >= 0 && `${remaining} left`, ends && `${Math.max(0, Math.round((new Date(ends) - Date.now()) / 1000))} s left`, `fired ${fired} ×`].filter(Boolean).join(" · ");
    return el("li", { "data-fault": id }, icon("bolt"), el("div", {}, el("b", {}, what), el("span", { class: "dim" }, `${where} · ${left}`)),
      iconButton("close", `Remove ${what}`, () => this.act("mend", { id }), "tight"));
  }

  build(kinds, presets, methods) {
    this.presets.append(...presets.map((p) => el("button", { type: "button", class: "preset", onclick: () => this.act("preset", { id: p.id }) }, el("b", {}, p.name), el("span", {}, p.expect))));
    const field = (name, label, node) => { node.id = `fault-${name}`; node.name = name; return el("div", { class: "fault-field", "data-field": name }, el("label", { for: node.id }, label), node); };
    const number = (value, max) => el("input", { type: "number", min: "0", max, value, inputmode: "numeric" });
    this.kind = el("select", {}, kinds.map((k) => el("option", { value: k.kind }, k.name)));
    this.says = el("p", { class: "dim" });
    this.chat = el("select", {});
    this.methods = el("datalist", { id: "fault-methods" }, methods.map((m) => el("option", { value: m })));
    this.form.append(
      field("kind", "What", this.kind), this.says,
      field("code", "Error", el("select", {}, Object.keys(templates).map((code) => el("option", {}, code)))),
      field("description", "Words", el("input", { maxlength: "200" })), field("retry_after", "Retry after, seconds", number(5, 3600)),
      field("delay", "Pause, milliseconds", number(3000, 600000)),
      field("after_effect", "Do the call first", el("input", { type: "checkbox" })),
      field("method", "Method or update kind, empty for any", el("input", { list: "fault-methods", autocomplete: "off" })), this.methods,
      field("chat", "Chat", this.chat), field("times", "Times, 0 for always", number(1, 100000)),
      el("button", { type: "submit", class: "wide" }, "Break it"));
    this.kind.addEventListener("change", () => this.shape(kinds));
    this.input("code").addEventListener("change", () => this.template());
    this.form.addEventListener("submit", (e) => { e.preventDefault(); this.submit(); });
    this.shape(kinds);
    this.template();
  }

  input(name) { return this.form.elements.namedItem(name); }

  shape(kinds) {
    const kind = kinds.find((k) => k.kind === this.kind.value);
    this.says.textContent = kind?.description ?? "";
    const extra = fieldsOf[this.kind.value] ?? [];
    for (const box of this.form.querySelectorAll("[data-field]")) {
      const { field } = box.dataset;
      box.hidden = !["kind", "method", "chat", "times", ...extra].includes(field);
    }
  }

  template() {
    const t = templates[this.input("code").value];
    this.input("description").value = t.description;
    this.input("retry_after").value = t.retry_after;
  }

  fillChats() {
    const list = [["0", "Any chat"], ...[...store.people.values()].map((p) => [p.id, p.name]), ...[...store.groups.values()].map((g) => [g.id, g.title])];
    const sign = JSON.stringify(list);
    if (this.chat.dataset.sign === sign) return;
    const { value } = this.chat;
    this.chat.dataset.sign = sign;
    this.chat.replaceChildren(...list.map(([id, name]) => el("option", { value: id }, name)));
    if (value) this.chat.value = value;
  }

  submit() {
    const body = { kind: this.kind.value, method: this.input("method").value.trim(), chat: Number(this.chat.value), times: Number(this.input("times").value) };
    for (const name of fieldsOf[this.kind.value] ?? []) {
      const input = this.input(name);
      body[name] = name === "description" ? input.value : input.type === "checkbox" ? input.checked : Number(input.value);
    }
    this.act("faults", body);
  }

  async act(path, body) {
    try { await post(`/${path}`, body); } catch (problem) { toast(problem.message, "bad"); }
    this.onChange();
  }
}
