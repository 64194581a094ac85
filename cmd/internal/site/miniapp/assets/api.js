// The JSON API. A session lasts minutes and is renewed before it ends; a request that comes too late signs in again, once, and
// nobody notices. Whatever spends or deletes carries a key that its caller makes for the wish, not for the request: trying
// again is asking again for the same.
import { initData } from "./bridge.js";
import { pause } from "./dom.js";
import { keep, kept } from "./kept.js";
import { t } from "./text.js";

const base = "/app/api";
const early = 60_000; // ms before a session ends when it is renewed

/** What the server refused, or that there was no answer (code "offline"). The message is for people. */
export class Refusal extends Error {
  constructor(code, message, status = 0, retry = 0) {
    super(message);
    Object.assign(this, { code, status, retry });
  }
}

export const intent = () => crypto.randomUUID();

const open = ({ token, expires_at: end }) => keep("session", JSON.stringify({ token, end }));
const session = () => JSON.parse(kept("session") ?? "null");
export const signedIn = () => session() !== null;
export const signOut = () => keep("session", null);

async function send(method, path, { body, key, token, signal, keepalive } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(base + path, { method, headers, signal, keepalive, credentials: "omit", cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Refusal("offline", t("error.offline"));
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Refusal(error?.code ?? "unavailable", error?.message || t("error.any"), answer.status, Number(answer.headers.get("Retry-After")) || 0);
}

const read = (answer) => (answer.status === 204 ? null : answer.json());

/** Exchanges what proves who somebody is for a session; resolves to who they are. */
async function enter(path, body) {
  const entered = await read(await send("POST", path, { body }));
  open(entered);
  return entered.me;
}

/** A launch is taken once; this key, which no address ever has, lets the same tab come with it again. */
function proof() {
  if (!kept("key")) keep("key", intent());
  return kept("key");
}

export const enterByTelegram = () => enter("/session", { init_data: initData, key: proof() });
export const askByMail = (address, key) => send("POST", "/session/mail", { body: { address, key } });
export const enterByMail = (key, code) => enter("/session/mail/code", { key, code });
export const enterByCode = (code) => enter("/session/oidc", code);

let renewing = null;

/** A token that is not about to end. Many requests at once renew it once. */
function token() {
  const now = session();
  if (now && Date.parse(now.end) - Date.now() > early) return now.token;
  renewing ??= renew(now).finally(() => { renewing = null; });
  return renewing;
}

async function renew(now) {
  try {
    if (!now) throw new Refusal("session_expired", t("error.signedout"), 401);
    open(await read(await send("POST", "/session/renew", { token: now.token })));
  } catch (e) {
    if (e.status !== 401) return now.token;
    signOut();
    if (!initData) throw e;
    await enterByTelegram();
  }
  return session().token;
}

/** One request in the session. A server that is busy is asked once more, if it said when. */
async function ask(method, path, how = {}, again = true) {
  try {
    return await send(method, path, { ...how, token: await token() });
  } catch (e) {
    const waits = [429, 503].includes(e.status) && e.retry > 0 && e.retry <= 5;
    if (!again || !(e.status === 401 && initData || waits)) {
      if (e.status === 401) signOut();
      throw e;
    }
    if (waits) await pause(e.retry * 1000, how.signal); else signOut();
    return ask(method, path, how, false);
  }
}

const call = async (method, path, how) => read(await ask(method, path, how));
export const get = (path, signal) => call("GET", path, { signal });
export const post = (path, body = {}, key = undefined) => call("POST", path, { body, key });
export const put = (path) => call("PUT", path, { body: {} });
export const patch = (path, body) => call("PATCH", path, { body });
export const remove = (path, key = undefined, keepalive = false) => call("DELETE", path, { key, keepalive });

/** Follows a generation until it has ended, over as many connections as that takes. */
export async function follow(id, told, signal) {
  for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 15_000)) {
    try {
      const answer = await ask("GET", `/generations/${id}/events`, { signal });
      for await (const g of events(answer.body)) {
        wait = 1000;
        told(g);
        if (ended(g)) return;
      }
    } catch (e) {
      if (signal.aborted || [401, 403, 404].includes(e.status)) return;
    }
    await pause(wait, signal);
  }
}

/** The data of an event stream. EventSource cannot send who asks, so this reads it. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const parts = (rest + value).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (data) yield JSON.parse(data);
    }
  }
}

export const ended = (g) => !["held", "generating"].includes(g.status);
