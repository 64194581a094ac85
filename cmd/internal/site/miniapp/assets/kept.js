// What lasts as long as the tab: the launch, the session, a sign-in under way. Nothing is stored beyond that, and where even this
// is forbidden the app lives in memory alone.
const memory = new Map();

export function kept(name) {
  try { return sessionStorage.getItem(`app.${name}`) ?? memory.get(name) ?? null; } catch { return memory.get(name) ?? null; }
}

export function keep(name, value) {
  if (value === null) memory.delete(name); else memory.set(name, value);
  try {
    if (value === null) sessionStorage.removeItem(`app.${name}`); else sessionStorage.setItem(`app.${name}`, value);
  } catch { /* memory has it */ }
}
