// The JSON API and the event stream. The server says what is true; this side keeps no history of its own.

const base = "/play/api";

export class Refusal extends Error {}

/** Sends a JSON request; throws Refusal with the server's words when it says no. */
export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(base + path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The playground does not answer. Is the program still running?");
  }
  return read(answer);
}

export async function get(path) {
  return read(await fetch(base + path));
}

async function read(answer) {
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(data.error ?? `The playground answered ${answer.status}.`);
  return data;
}

export const fileURL = (id, download) => `${base}/files/${encodeURIComponent(id)}${download ? "?download=1" : ""}`;

/**
 * Follows the server's events for ever. Each connection begins with a "state" event holding everything,
 * so a lost connection loses nothing. onState, onEvent and onLink(connected) are called as things come in.
 */
export function follow({ onState, onEvent, onLink }) {
  let delay = 500;
  function connect() {
    const source = new EventSource(`${base}/events`);
    source.addEventListener("state", (e) => { delay = 500; onLink(true); onState(JSON.parse(e.data)); });
    source.addEventListener("event", (e) => onEvent(JSON.parse(e.data)));
    source.onerror = () => {
      // The browser's own retry would do, but it gives up on some answers; a fresh source never does.
      source.close();
      onLink(false);
      setTimeout(connect, delay);
      delay = Math.min(delay * 2, 5000);
    };
  }
  connect();
}

/** Reads a file as base64, which is how JSON carries it. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Refusal(`${file.name} could not be read.`));
    reader.readAsDataURL(file);
  });
}
