// Moving through the log by keyboard and by touch. The log is one stop for Tab: arrows walk from message to message,
// Enter opens a message's menu, and Tab goes into the controls of the current one.

const controls = "button, a[href], [role=slider], summary, audio, video[controls], [tabindex='0']:not(.msg)";

export class Rover {
  /** leave() is where Escape goes. */
  constructor(log, leave) {
    this.log = log;
    this.current = null;
    log.addEventListener("focusin", (e) => { const row = e.target.closest(".msg[data-id]"); if (row) this.take(row); });
    log.addEventListener("keydown", (e) => this.key(e, leave));
    // When the key is released, or it would press what the menu focuses.
    log.addEventListener("keyup", (e) => { if (opens(e)) e.target.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true })); });
  }

  rows() { return [...this.log.querySelectorAll(".msg[data-id]:not(.leaving)")]; }

  /** After the rows have changed: exactly one is a stop for Tab. */
  settle() {
    const rows = this.rows();
    const id = this.log.contains(document.activeElement) ? this.current?.dataset.id : null;
    const keep = rows.find((r) => r.dataset.id === id) ?? rows.at(-1); // who comes to the log begins with the newest
    for (const row of rows) if (row !== keep) rest(row);
    if (keep) wake(keep);
    this.current = keep ?? null;
  }

  take(row) {
    if (this.current && this.current !== row) rest(this.current);
    wake(row);
    this.current = row;
  }

  key(e, leave) {
    if (e.key === "Escape" && !e.defaultPrevented) { leave().focus(); return; }
    const row = e.target.closest?.(".msg[data-id]");
    if (!row || e.target !== row) return;
    const rows = this.rows();
    const at = rows.indexOf(row);
    const next = { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1], Home: rows[0], End: rows.at(-1) }[e.key];
    if (next) {
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
    } else if (!opens(e)) return;
    e.preventDefault();
  }
}

const opens = (e) => (e.key === "Enter" || e.key === " ") && e.target.matches?.(".msg[data-id]");

function rest(row) {
  row.tabIndex = -1;
  for (const node of row.querySelectorAll(controls)) { node.dataset.rest = ""; node.tabIndex = -1; }
}

function wake(row) {
  row.tabIndex = 0;
  for (const node of row.querySelectorAll("[data-rest]")) { delete node.dataset.rest; node.tabIndex = 0; }
}

const far = 56; // how far a swipe must go, in pixels

/** A swipe to the left or a double click answers a message. answer(id) */
export function gestures(log, answer) {
  let from = null;
  const end = () => {
    if (!from) return;
    const { row, moved } = from;
    from = null;
    row.style.translate = "";
    row.classList.remove("swiping");
    if (moved <= -far) answer(Number(row.dataset.id));
  };
  log.addEventListener("pointerdown", (e) => {
    const row = e.pointerType === "touch" ? e.target.closest(".msg[data-id]") : null;
    from = row && { row, x: e.clientX, y: e.clientY, moved: 0 };
  });
  log.addEventListener("pointermove", (e) => {
    if (!from) return;
    const [dx, dy] = [e.clientX - from.x, e.clientY - from.y];
    if (Math.abs(dy) > 24 && from.moved === 0) { from = null; return; }
    if (dx > -8) return;
    from.moved = Math.max(dx, -far - 16);
    from.row.classList.add("swiping");
    from.row.style.translate = `${from.moved}px`;
  });
  log.addEventListener("pointerup", end);
  log.addEventListener("pointercancel", end);
  log.addEventListener("dblclick", (e) => {
    if (e.target.closest("button, a, input, .sound, .poll")) return;
    const row = e.target.closest(".msg[data-id]");
    if (!row) return;
    getSelection().removeAllRanges();
    answer(Number(row.dataset.id));
  });
}
