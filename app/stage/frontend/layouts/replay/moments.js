/** Moments of trainings by either clock, and the places between them. */

/** A run's snapshots, by either clock. */
export const TIMES = { step: "steps", seconds: "seconds" };

/** Where a value stands in an ascending list: a fraction between indices; of equals, at the last. */
export function within(list, value) {
  const low = list.findLastIndex((v) => v <= value);
  if (low < 0) return 0;
  if (low === list.length - 1) return low;
  return low + (value - list[low]) / (list[low + 1] - list[low]);
}

/** What a list has there. */
export function valueAt(list, place) {
  const first = Math.min(Math.floor(place), list.length - 1);
  const second = Math.min(first + 1, list.length - 1);
  return list[first] + (list[second] - list[first]) * (place - first);
}

/** When any of the runs has a snapshot. */
export const moments = (runs, by) => [...new Set(runs.flatMap((run) => run[TIMES[by]]))].sort((a, b) => a - b);
