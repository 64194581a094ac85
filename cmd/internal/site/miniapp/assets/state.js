// What several views know: who this is, the models, and what is under way. Changes are told as events of one bus.
import { ended, follow, get } from "./api.js";

export const bus = new EventTarget();
const say = (type, detail) => bus.dispatchEvent(new CustomEvent(type, { detail }));
/** Runs for each event until the signal ends, which may be left out. */
export const hear = (type, run, signal) => bus.addEventListener(type, (e) => run(e.detail), { signal });

let self = null;
export const me = () => self;

export function setMe(now) {
  self = { ...self, ...now };
  say("me", self);
}

export async function refreshMe(signal) { setMe(await get("/me", signal)); return self; }

/** Whether this person can make pictures now. */
export const free = () => !["banned", "frozen", "restricted", "consent_required"].some((state) => self?.state?.[state]);

let listing = null;

/** The models and the styles, asked for once; what failed is asked for again. */
export function models() {
  listing ??= get("/models").catch((e) => { listing = null; throw e; });
  return listing;
}

let chosen = null;

/** What the person set. */
export function defaults() {
  chosen ??= get("/settings").catch((e) => { chosen = null; throw e; });
  return chosen;
}

/** The person has set something, in which the models may be told too. */
export function setDefaults(now) { chosen = Promise.resolve(now); listing = null; }

const streams = 3; // generations followed at once; the others are when these have ended
const followed = new Map(); // id → AbortController, null while it waits

/** Says that a generation is as this, and follows it while it runs. */
export function changed(g) {
  say("generation", g);
  if (ended(g)) {
    if (followed.delete(g.id)) {
      void refreshMe().catch(() => {}); // what it cost is known now; if not, at the next view
      begin();
    }
    return;
  }
  if (!followed.has(g.id)) followed.set(g.id, null);
  begin();
}

function begin() {
  for (const [id, stop] of followed) {
    if (stop) continue;
    if ([...followed.values()].filter(Boolean).length >= streams) return;
    const control = new AbortController();
    followed.set(id, control);
    void follow(id, changed, control.signal).then(() => {
      if (followed.get(id) === control) { followed.delete(id); begin(); }
    });
  }
}

export function gone(id) {
  followed.get(id)?.abort();
  followed.delete(id);
  say("gone", id);
}

export const back = (id) => say("back", id);
