/** What is done to a curve's values before they are drawn: smoothed, bounded, read off. */

const MAX_GROWTH = 100; // of a curve beyond its first values; what is larger has diverged
const FIRST_SHARE = 0.1; // of a curve's values that are its first
const SMOOTH_SHARE = 0.02; // of a curve to either side of a value that it is averaged with
const MIN_SMOOTHED = 20; // values, below which a curve stays as it is

/** The columns of a history as a row for each step, for a file; what was not recorded has none. */
export function rowsOf(history) {
  const columns = Object.entries(history).filter(([, values]) => values);
  return history.step.map((_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}

/** The running mean of values, over those that are finite. */
export function smoothed(values) {
  if (values.length < MIN_SMOOTHED) return values;
  const reach = Math.max(1, Math.round(SMOOTH_SHARE * values.length));
  return values.map((value, i) => {
    if (!Number.isFinite(value)) return value;
    const near = values.slice(Math.max(0, i - reach), i + reach + 1).filter(Number.isFinite);
    return near.reduce((sum, v) => sum + v, 0) / near.length;
  });
}

/** Above what a curve that is positive has diverged: far more than it began with. */
export function ceiling(values) {
  const finite = values.filter((v) => Number.isFinite(v) && v > 0);
  const first = finite.slice(0, Math.max(1, Math.ceil(FIRST_SHARE * finite.length))).sort((a, b) => a - b);
  return finite.length ? MAX_GROWTH * first[first.length >> 1] : Infinity;
}

/** The index of the x that is nearest, of those whose value is finite; −1 if there is none. */
export function nearest({ x, y }, place, at) {
  let best = -1;
  let least = Infinity;
  y.forEach((value, i) => {
    const away = Math.abs(place(x[i]) - at);
    if (Number.isFinite(value) && away < least) [best, least] = [i, away];
  });
  return best;
}
