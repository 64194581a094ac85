// How messages become rows: by day, by album, and in runs of one sender. No DOM here.

const runGap = 600; // seconds after which a run of bubbles of one sender ends
const dayStart = (unix) => new Date(unix * 1000).setHours(0, 0, 0, 0);

/**
 * Returns rows in order: {day} for a date line, or {messages, first, last, seen} for one message or one album.
 * A message is seen once the bot has done something in the chat after it; seen is the id known from chat actions.
 */
export function grouped(all, seen = 0) {
  const messages = [...all].filter((m) => !m.deleted).sort((a, b) => a.id - b.id);
  const rows = [];
  for (const message of messages) {
    const before = rows.at(-1);
    if (!before || dayStart(before.messages[0].date) !== dayStart(message.date)) rows.push({ day: message.date });
    const open = rows.at(-1);
    if (open.messages && message.group && open.messages[0].group === message.group) open.messages.push(message);
    else rows.push({ messages: [message] });
  }
  const until = Math.max(seen, ...messages.filter((m) => !m.out).map((m) => m.id));
  rows.forEach((row, at) => {
    if (!row.messages) return;
    row.first = !sameRun(rows[at - 1], row);
    row.last = !sameRun(row, rows[at + 1]);
    row.seen = row.messages[0].id <= until;
  });
  return rows;
}

function sameRun(a, b) {
  if (!a?.messages || !b?.messages) return false;
  const [x, y] = [a.messages.at(-1), b.messages[0]];
  return x.from_id === y.from_id && x.out === y.out && !x.service && !y.service && y.date - x.date < runGap;
}

/** The id of the first message of the album that holds id, or id itself. */
export function albumOf(messages, id) {
  const { group } = messages.get(id) ?? {};
  if (!group) return id;
  return Math.min(...[...messages.values()].filter((m) => m.group === group && !m.deleted).map((m) => m.id));
}

/** What a message without text shows, in a word or two. */
export function contentOf(m) {
  if (m.photo) return "Photo";
  if (m.video) return { animation: "GIF", round: "Video message", live: "Live photo" }[m.video.kind] ?? "Video";
  if (m.sticker) return `${m.sticker.emoji ?? ""} Sticker`.trim();
  if (m.voice) return "Voice message";
  if (m.audio) return m.audio.title || m.audio.name || "Audio";
  if (m.place) return m.place.title || "Location";
  if (m.contact) return `Contact: ${m.contact.name}`;
  if (m.poll) return `📊 ${m.poll.question}`;
  if (m.dice) return `${m.dice.emoji} ${m.dice.value}`;
  if (m.paid) return `Paid media, ⭐ ${m.paid.stars}`;
  if (m.rich) return "Article";
  return m.document?.name || m.invoice?.title || m.service || m.other || "Message";
}

/** A message in one line. */
export const inShort = (m) => (m.text || contentOf(m)).replace(/\s+/g, " ");

/** The keyboard or the reply that the bot has asked for last: {rows…}, {force, message}, or null. */
export function panelOf(messages, viewer) {
  let panel = null;
  for (const m of messages) {
    if (m.panel && !m.deleted) panel = m.panel.remove ? null : { ...m.panel, message: m };
    else if (panel?.force && m.from_id === viewer) panel = null;
    else if (panel?.one_time && m.from_id === viewer) panel = { ...panel, used: true };
  }
  return panel;
}
