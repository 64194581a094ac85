// Polls and quizzes: voting, results, and who may take a vote back.
import { el, icon } from "./dom.js";
import { formatted } from "./text.js";

/** A poll as the app shows it: choices until one has voted or it is closed, results afterwards. */
export function pollCard(m, actions) {
  const { poll } = m;
  const mine = poll.votes?.[actions.viewer] ?? [];
  const done = mine.length > 0 || poll.closed;
  const kind = poll.closed ? "Final results" : `${poll.anonymous ? "Anonymous " : ""}${poll.quiz ? "Quiz" : "Poll"}`;
  const card = el("div", { class: `poll ${done ? "done" : ""}` },
    el("b", { class: "question", dir: "auto" }, formatted(poll.question, poll.entities)), el("span", { class: "poll-kind" }, kind.replace(" Quiz", " quiz").replace(" Poll", " poll")));
  card.append(done ? results(poll, mine) : choicesOf(m, poll, actions));
  card.append(foot(m, poll, mine, actions));
  return card;
}

function results(poll, mine) {
  const most = Math.max(1, ...poll.options.map((o) => o.votes));
  return el("ul", { class: "results" }, poll.options.map((option, i) => {
    const part = poll.voters > 0 ? Math.round(option.votes / poll.voters * 100) : 0;
    const right = poll.correct?.includes(i);
    const chosen = mine.includes(i);
    const bar = el("i", { class: "result-bar", "aria-hidden": "true" });
    bar.style.setProperty("--part", `${Math.max(2, option.votes / most * 100)}%`);
    const mark = chosen || right ? el("span", { class: `result-mark ${poll.quiz && !right ? "wrong" : ""}`, role: "img", "aria-label": [chosen && "your vote", right && "correct answer"].filter(Boolean).join(", ") }, icon(poll.quiz && !right ? "close" : "check")) : null;
    return el("li", { class: poll.quiz ? (right ? "right" : chosen ? "wrong" : "") : "" },
      el("span", { class: "percent" }, `${part}%`), el("span", { class: "option", dir: "auto" }, option.text, mark), bar);
  }));
}

function choicesOf(m, poll, actions) {
  const picked = new Set();
  const submit = el("button", { type: "button", class: "vote", disabled: true, onclick: () => actions.vote(m, [...picked]) }, "Vote");
  const list = el("div", { class: "choices", role: "group", "aria-label": poll.question }, poll.options.map((option, i) => {
    const row = el("button", { type: "button", class: "choice", role: poll.multiple ? "checkbox" : "button", "aria-checked": poll.multiple ? "false" : null },
      el("span", { class: "choice-mark", "aria-hidden": "true" }, icon("check")), el("span", { dir: "auto" }, option.text));
    row.addEventListener("click", () => {
      if (!poll.multiple) { row.classList.add("busy"); actions.vote(m, [i]); return; }
      if (!picked.delete(i)) picked.add(i);
      row.setAttribute("aria-checked", String(picked.has(i)));
      submit.disabled = picked.size === 0;
    });
    return row;
  }));
  return el("div", {}, list, poll.multiple && submit);
}

function foot(m, poll, mine, actions) {
  const count = poll.voters === 0 ? "No votes yet" : `${poll.voters} ${poll.voters === 1 ? "vote" : "votes"}`;
  const back = mine.length > 0 && !poll.closed && !poll.quiz && el("button", { type: "button", class: "retract", onclick: () => actions.vote(m, []) }, "Retract vote");
  const why = poll.explanation && mine.length > 0 && el("p", { class: "explanation" }, poll.explanation);
  return el("div", { class: "poll-foot" }, why, el("span", {}, count), back);
}
