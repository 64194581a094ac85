// Words, numbers and dates in the person's language: one JSON file a language, with the plural forms of Intl.PluralRules.
const languages = ["en", "ru", "de", "tr", "es"];
export const languageNames = { en: "English", ru: "Русский", de: "Deutsch", tr: "Türkçe", es: "Español" };

let words = {};
let lang = "";
export const language = () => lang;

/** The first of these that we speak; English if none. */
export function understood(...wanted) {
  return wanted.map((tag) => String(tag ?? "").slice(0, 2).toLowerCase()).find((tag) => languages.includes(tag)) ?? "en";
}

/** Changes the language of everything said from now on. */
export async function speak(wanted) {
  if (wanted === lang) return;
  const answer = await fetch(new URL(`lang/${wanted}.json`, import.meta.url));
  words = await answer.json();
  lang = wanted;
  document.documentElement.lang = wanted;
}

/** t("credits", { n: 3 }): numbers are written as the language does; n chooses the plural form. */
export function t(key, data = {}) {
  let said = words[key] ?? "";
  if (typeof said === "object") said = said[new Intl.PluralRules(lang).select(Math.abs(data.n))] ?? said.other;
  return said.replace(/\{(\w+)\}/g, (_, name) => (typeof data[name] === "number" ? number(data[name]) : data[name] ?? ""));
}

export const number = (n, how) => new Intl.NumberFormat(lang, how).format(n);
export const signed = (n) => number(n, { signDisplay: "exceptZero" }).replace("-", "−");
/** The words of a quality; one that is new here is shown as it is. */
export const quality = (q) => ({ auto: t("quality.auto"), low: t("quality.low"), medium: t("quality.medium"), high: t("quality.high") }[q] ?? q);
export const aspect = (a) => (a === "auto" ? t("aspect.auto") : a);
export const credits = (n) => t("credits", { n });

const day = (time, how) => new Intl.DateTimeFormat(lang, how).format(new Date(time));
export const dateOf = (time) => day(time, { dateStyle: "medium" });
export const timeOf = (time) => day(time, { dateStyle: "medium", timeStyle: "short" });

/** How long something takes, in words: whole seconds below a minute and a half, else minutes. */
export function lasting(seconds) {
  const minutes = seconds >= 90;
  return number(Math.max(1, Math.round(minutes ? seconds / 60 : seconds)), { style: "unit", unit: minutes ? "minute" : "second", unitDisplay: "long" });
}

export function sizeOf(bytes) {
  const mega = bytes >= 1e6;
  return number(bytes / (mega ? 1e6 : 1e3), { style: "unit", unit: mega ? "megabyte" : "kilobyte", maximumFractionDigits: mega ? 1 : 0 });
}
