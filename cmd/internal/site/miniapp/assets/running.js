// A generation under way: where it stands, how long it may take, and a way to call it off.
import { post } from "./api.js";
import { button, clip, el } from "./dom.js";
import { changed } from "./state.js";
import { lasting, number, t } from "./text.js";
import { once } from "./ui.js";

/** Where a generation stands, in words; that of an ended one says how. */
export function standing(g) {
  switch (g.status) {
    case "held": return g.position > 0 ? t("status.line", { n: g.position }) : t("status.held");
    case "generating": return g.cancel_asked ? t("status.stopping") : g.progress > 0 ? t("status.percent", { share: number(g.progress, { style: "percent" }) }) : t("status.generating");
    case "canceled": return t("status.canceled");
    case "refused": return t("status.refused");
    case "failed": return t("status.failed");
    default: return "";
  }
}

export function runningCard(g, linked = true) {
  const state = el("span", {});
  const eta = el("span", { class: "eta" });
  const bar = el("progress", { max: 1, "aria-label": t("progress") });
  const stop = button(t("cancel"), () => once(stop, async () => {
    const now = await post(`/generations/${g.id}/cancel`);
    if (now?.id) changed(now);
  }), "soft small");
  const prompt = clip(g.prompt, 160);
  const node = el("article", { class: "running" },
    linked ? el("a", { class: "running-prompt", href: `#/g/${g.id}` }, prompt) : el("p", { class: "running-prompt" }, prompt),
    el("p", { class: "running-state" }, state, eta), bar, stop);
  function update(now) {
    g = now;
    state.textContent = standing(g);
    const seconds = g.eta?.p50;
    eta.textContent = seconds > 0 ? t("eta", { time: lasting(seconds) }) : "";
    stop.hidden = !g.cancelable || g.cancel_asked;
    if (g.progress > 0) bar.value = g.progress; else bar.removeAttribute("value");
  }
  update(g);
  return { node, update };
}
