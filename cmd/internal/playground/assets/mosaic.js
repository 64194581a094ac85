// How the pictures of an album share a rectangle, as Telegram's apps lay them out. No DOM here.
// Sizes are in units of a bubble 420 wide; the page turns them into percentages.

const side = 420; // the widest, and the height aimed at
const least = 90; // no tile is lower or narrower

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Returns {width, height, tiles: [{x, y, width, height}]} for ratios (width / height), in order. */
export function mosaic(ratios) {
  const known = ratios.map((r) => clamp(Number.isFinite(r) && r > 0 ? r : 1, 0.3, 4));
  const shape = known.map((r) => (r > 1.2 ? "w" : r < 0.8 ? "n" : "q")).join("");
  if (known.length === 1) return rowsOf([[clamp(known[0], 0.5, 2.4)]]);
  if (known.length > 4 || known.some((r) => r > 2.2)) return lines(known);
  if (known.length === 2) return two(known, shape);
  if (known.length === 3) return shape[0] === "n" ? beside(known) : over(known);
  return shape[0] === "w" ? over(known) : beside(known);
}

function two([a, b], shape) {
  if (shape === "ww" && (a + b) / 2 > 1.4 && Math.abs(a - b) < 0.3) return rowsOf([[a], [b]]);
  if (shape === "ww" || shape === "qq") return rowsOf([[(a + b) / 2, (a + b) / 2]]);
  return rowsOf([[a, b]]);
}

/** The first one wide, the rest in a row below it. */
function over([first, ...rest]) {
  const top = clamp(side / first, side * 0.45, side * 0.68);
  const sum = rest.reduce((total, r) => total + clamp(r, 0.66, 1.7), 0);
  const below = clamp(side / sum, least, side * 0.42);
  return stack([{ height: top, parts: [1] }, { height: below, parts: rest.map((r) => clamp(r, 0.66, 1.7) / sum) }]);
}

/** The first one tall, the rest in a column beside it. */
function beside([first, ...rest]) {
  const height = side;
  const column = clamp(rest.reduce((total, r) => total + height / rest.length * clamp(r, 0.7, 1.4), 0) / rest.length, side * 0.3, side * 0.42);
  const wide = clamp(height * first, side * 0.5, side - column);
  const sum = rest.reduce((total, r) => total + 1 / clamp(r, 0.6, 1.6), 0);
  const tiles = [{ x: 0, y: 0, width: wide, height }];
  let y = 0;
  for (const r of rest) {
    const part = height / clamp(r, 0.6, 1.6) / sum;
    tiles.push({ x: wide, y, width: column, height: part });
    y += part;
  }
  return { width: wide + column, height, tiles };
}

/** Five and more: the split into rows whose height comes closest to the one aimed at. */
function lines(ratios) {
  const mean = ratios.reduce((sum, r) => sum + r, 0) / ratios.length;
  const cropped = ratios.map((r) => (mean > 1.1 ? clamp(r, 1, 2.2) : clamp(r, 0.66, 1)));
  let best = null;
  for (const counts of splits(ratios.length, 4)) {
    const heights = rowHeights(cropped, counts);
    const total = heights.reduce((sum, h) => sum + h, 0);
    const growing = counts.some((n, i) => i > 0 && n < counts[i - 1]) ? 1.3 : 1;
    const low = Math.min(...heights) < least ? 1.6 : 1;
    const cost = (Math.abs(total - side * 1.15) + 1) * growing * low;
    if (!best || cost < best.cost) best = { cost, counts };
  }
  let at = 0;
  return rowsOf(best.counts.map((n) => cropped.slice(at, at += n)));
}

function rowHeights(ratios, counts) {
  let at = 0;
  return counts.map((n) => side / ratios.slice(at, at += n).reduce((sum, r) => sum + r, 0));
}

/** Every way to write count as a sum of at most four numbers from 1 to most. */
function splits(count, most, room = 4) {
  if (count === 0) return [[]];
  if (room === 0) return [];
  const all = [];
  for (let n = 1; n <= Math.min(most, count); n++) for (const rest of splits(count - n, most, room - 1)) all.push([n, ...rest]);
  return all;
}

/** Rows of ratios, each filling the width. */
function rowsOf(rows) {
  return stack(rows.map((row) => {
    const sum = row.reduce((total, r) => total + r, 0);
    return { height: Math.max(least, side / sum), parts: row.map((r) => r / sum) };
  }));
}

function stack(rows) {
  const tiles = [];
  let y = 0;
  for (const { height, parts } of rows) {
    let x = 0;
    for (const part of parts) {
      tiles.push({ x, y, width: side * part, height });
      x += side * part;
    }
    y += height;
  }
  return { width: side, height: y, tiles };
}
