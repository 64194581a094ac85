// What the page knows: a mirror of the server's state, kept fresh by events, and how it is laid out.

/** How long a chat action shows when nothing follows it; Telegram's own five seconds. */
const actionLife = 5000;

/**
 * Keeps seats: somebody in a chat. A private chat has the person's id as its key, a group has a seat for each
 * member, "<chat>:<person>". A seat is {key, id (who acts), chat (0 or the group's id), group, name, language,
 * blocked, commands, messages (by id), action, unread, seen} and what else the server says of the person.
 */
class Store extends EventTarget {
  bot = { id: 0, name: "Bot", username: "" };
  people = new Map(); // id → private seat
  groups = new Map(); // id → {id, title, members, bot, commands}
  rooms = new Map(); // key → seat in a group
  suggestions = [];
  notice = "";
  loaded = false;

  person(key) { return this.people.get(key) ?? this.rooms.get(key); }

  /** All seats: private ones first, then those of the groups, in the order of the list. */
  seats() { return [...this.people.values(), ...this.rooms.values()]; }

  seatsIn(chat) { return [...this.rooms.values()].filter((seat) => seat.chat === chat); }

  nameOf(id) { return id === this.bot.id ? this.bot.name : this.people.get(id)?.name; }

  /** Replaces everything; the unread counts of chats already known stay. */
  reset(state) {
    this.loaded = true;
    this.bot = state.bot;
    this.suggestions = state.suggestions ?? [];
    this.notice = state.notice;
    this.meet(state.people);
    this.gather(state.groups ?? []);
    this.changed("all");
  }

  /** Takes one event of the stream. */
  apply(event) {
    if (event.bot) this.bot = event.bot;
    if (event.people) this.meet(event.people);
    if (event.groups) this.gather(event.groups);
    if (event.people || event.groups) this.changed("all");
    if (event.panel) this.changed("panel");
    const seats = event.chat < 0 ? this.seatsIn(event.chat) : [this.people.get(event.chat)].filter(Boolean);
    for (const seat of seats) {
      if (event.message) this.take(seat, own(seat, event.message));
      if (event.action) this.act(seat, event.action);
      if (event.draft) seat.draft = event.draft;
      this.changed("chat", seat.key);
    }
  }

  /** Takes the whole list of people. */
  meet(people) {
    const before = this.people;
    this.people = new Map(people.map((p) => [p.id, this.seat(before.get(p.id), { ...p, key: p.id, chat: 0, group: null }, p.messages)]));
  }

  /** Takes the whole list of groups. */
  gather(groups) {
    const before = this.rooms;
    this.groups = new Map(groups.map(({ messages: _, ...group }) => [group.id, group]));
    this.rooms = new Map();
    for (const { messages, ...group } of groups) {
      for (const id of group.members) {
        const person = this.people.get(id);
        const key = `${group.id}:${id}`;
        if (!person) continue;
        const { name, language } = person;
        this.rooms.set(key, this.seat(before.get(key), { key, id, chat: group.id, group, name, language, blocked: false, commands: group.commands[id] ?? [], stars: person.stars }, messages));
      }
    }
  }

  /** A seat as it is told now, over what is known of it. */
  seat(known, told, messages) {
    const kept = known ?? { action: null, unread: 0, seen: 0, messages: new Map() };
    if (messages) kept.messages = new Map(messages.map((m) => [m.id, own(told, m)]));
    const seat = Object.assign(kept, told, { messages: kept.messages });
    return seat;
  }

  take(seat, message) {
    const known = seat.messages.has(message.id);
    if (!known && !message.out) { seat.unread++; this.quiet(seat); }
    if (!known) seat.draft = null;
    seat.messages.set(message.id, message);
    this.changed("people");
  }

  act(seat, action) {
    this.quiet(seat);
    seat.action = action;
    seat.seen = Math.max(0, ...seat.messages.keys());
    seat.actionTimer = setTimeout(() => { this.quiet(seat); this.changed("chat", seat.key); }, actionLife);
  }

  quiet(seat) {
    clearTimeout(seat.actionTimer);
    seat.action = null;
  }

  /** What somebody of a group has seen counts as read for all: it is one person who looks at the page. */
  read(key) {
    const seat = this.person(key);
    const seats = seat?.chat ? this.seatsIn(seat.chat) : [seat];
    if (!seats.some((s) => s?.unread)) return;
    for (const s of seats) s.unread = 0;
    this.changed("people");
  }

  /** Unread messages in all chats, each group once. */
  unread() {
    const groups = [...this.groups.keys()].map((id) => Math.max(0, ...this.seatsIn(id).map((s) => s.unread)));
    return [...this.people.values()].reduce((sum, p) => sum + p.unread, 0) + groups.reduce((sum, n) => sum + n, 0);
  }

  changed(what, person, detail) {
    this.dispatchEvent(new CustomEvent("change", { detail: { what, person, detail } }));
  }
}

/** In a group, only what somebody wrote themselves is theirs. */
const own = (seat, m) => (seat.chat ? { ...m, out: m.from_id === seat.id } : m);

export const store = new Store();

/** Choices of this browser: theme, who is shown, split. They are not worth the server's memory. */
export const choices = {
  get(name, fallback) {
    try { return JSON.parse(localStorage.getItem(`play.${name}`)) ?? fallback; } catch { return fallback; }
  },
  set(name, value) { localStorage.setItem(`play.${name}`, JSON.stringify(value)); },
};
