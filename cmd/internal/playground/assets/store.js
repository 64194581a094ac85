// What the page knows: a mirror of the server's state, kept fresh by events, and how it is laid out.

/** How long a chat action shows when nothing follows it; Telegram's own five seconds. */
const actionLife = 5000;

class Store extends EventTarget {
  bot = { id: 0, name: "Bot", username: "" };
  people = new Map(); // id → what the server says, and: messages as a Map, action, unread, seen
  suggestions = [];
  notice = "";

  person(id) { return this.people.get(id); }

  /** Replaces everything; the unread counts of people already known stay. */
  reset(state) {
    const before = this.people;
    this.bot = state.bot;
    this.suggestions = state.suggestions ?? [];
    this.notice = state.notice;
    this.people = new Map(state.people.map((p) => [p.id, {
      ...p, action: null, unread: before.get(p.id)?.unread ?? 0, seen: before.get(p.id)?.seen ?? 0,
      messages: new Map(p.messages.map((m) => [m.id, m])),
    }]));
    this.changed("all");
  }

  /** Takes one event of the stream. */
  apply(event) {
    if (event.bot) this.bot = event.bot;
    if (event.people) this.meet(event.people);
    const person = this.people.get(event.chat);
    if (!person) return;
    if (event.message) this.take(person, event.message);
    if (event.action) this.act(person, event.action);
    this.changed("chat", person.id);
  }

  meet(people) {
    for (const person of people) {
      const known = this.people.get(person.id) ?? { action: null, unread: 0, messages: new Map() };
      this.people.set(person.id, { ...known, ...person, messages: known.messages });
    }
    this.changed("all");
  }

  take(person, message) {
    const known = person.messages.has(message.id);
    if (!known && !message.out) { person.unread++; this.quiet(person); }
    person.messages.set(message.id, message);
    this.changed("people");
  }

  act(person, action) {
    this.quiet(person);
    person.action = action;
    person.seen = Math.max(0, ...person.messages.keys());
    person.actionTimer = setTimeout(() => { this.quiet(person); this.changed("chat", person.id); }, actionLife);
  }

  quiet(person) {
    clearTimeout(person.actionTimer);
    person.action = null;
  }

  read(id) {
    const person = this.people.get(id);
    if (person?.unread) { person.unread = 0; this.changed("people"); }
  }

  changed(what, person, detail) {
    this.dispatchEvent(new CustomEvent("change", { detail: { what, person, detail } }));
  }
}

export const store = new Store();

/** Choices of this browser: theme, who is shown, split. They are not worth the server's memory. */
export const choices = {
  get(name, fallback) {
    try { return JSON.parse(localStorage.getItem(`play.${name}`)) ?? fallback; } catch { return fallback; }
  },
  set(name, value) { localStorage.setItem(`play.${name}`, JSON.stringify(value)); },
};
