// The list of the bot's commands above the writing line, as a listbox the text field controls.
import { el } from "./dom.js";

let made = 0;

export class CommandList {
  /** all() lists the commands; choose(text, complete): complete means put it into the field, otherwise send it. */
  constructor(input, all, choose) {
    this.input = input;
    this.all = all;
    this.choose = choose;
    this.at = 0;
    this.found = [];
    const id = `commands-${++made}`;
    this.node = el("div", { class: "commands", id, role: "listbox", "aria-label": "Commands", hidden: true });
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-controls", id]]) input.setAttribute(name, value);
  }

  filter(text) {
    const typed = /^\/(\w*)$/.exec(text);
    this.found = typed ? this.all().filter((c) => c.command.startsWith(typed[1].toLowerCase())) : [];
    this.at = 0;
    this.show();
  }

  show() {
    this.node.hidden = this.found.length === 0;
    this.node.replaceChildren(...this.found.map((c, i) => el("div", {
      class: "command-row", role: "option", id: `${this.node.id}-${i}`, "aria-selected": String(i === this.at),
      onpointerdown: (e) => e.preventDefault(), onclick: () => this.pick(i, false),
    }, el("b", {}, `/${c.command}`), el("span", {}, c.description))));
    this.mark();
  }

  mark() {
    if (this.node.hidden) { this.input.removeAttribute("aria-activedescendant"); return; }
    [...this.node.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === this.at)));
    this.input.setAttribute("aria-activedescendant", `${this.node.id}-${this.at}`);
    this.node.children[this.at].scrollIntoView({ block: "nearest" });
  }

  pick(i, complete) {
    const text = `/${this.found[i].command}`;
    this.found = [];
    this.show();
    this.choose(text, complete);
  }

  /** Takes the keys that belong to an open list; reports whether it did. */
  key(e) {
    if (this.node.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) this.at = (this.at + step + this.found.length) % this.found.length;
    else if (e.key === "Tab" || (e.key === "Enter" && !e.shiftKey)) this.pick(this.at, e.key === "Tab");
    else if (e.key === "Escape") { this.found = []; this.show(); }
    else return false;
    e.preventDefault();
    this.mark();
    return true;
  }
}
