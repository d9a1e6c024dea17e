/** Axes of a chart: where a value stands, which round values are marked, and how they are written. */

const ROUND = [1, 2, 5, 10];
const SLACK = 0.02; // of a step, by which a round value may be beyond an end
const LOGARITHMIC_TICKS = 3; // fewer round values than these between two ends, and they are a sum's

/** The least of 1, 2, 5 times a power of ten that is at least so much. */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return ROUND.find((m) => m * power >= least * (1 - 1e-9)) * power;
}

/** Round values between two numbers, evenly, about so many steps of them at most. */
export function linearTicks(low, high, count) {
  const step = roundStep((high - low) / Math.max(1, count));
  const first = Math.ceil(low / step - SLACK);
  const last = Math.floor(high / step + SLACK);
  return [...Array(Math.max(0, last - first + 1)).keys()].map((i) => (first + i) * step);
}

/** The powers of ten between two numbers. */
function powers(low, high) {
  const result = [];
  for (let e = Math.ceil(Math.log10(low) - 1e-9); 10 ** e <= high * 1.001; e++) result.push(10 ** e);
  return result;
}

/** Round values between two positive numbers: powers of ten, and 2 and 5 times these where there are few. */
export function logarithmicTicks(low, high, count) {
  const inside = (values) => values.filter((v) => v >= low * 0.999 && v <= high * 1.001);
  const decades = powers(low / 10, high);
  const every = Math.ceil(inside(decades).length / Math.max(1, count));
  if (every > 1) return inside(decades).filter((_, i) => i % every === 0);
  const kinds = [[1], [1, 3], [1, 2, 5]].reverse();
  for (const kind of kinds) {
    const marks = inside(decades.flatMap((p) => kind.map((m) => m * p)));
    if (marks.length < LOGARITHMIC_TICKS) return linearTicks(low, high, count + 2);
    if (marks.length <= count + 2) return marks;
  }
  return inside(decades);
}

/** 20000 as 20k; what is written of 0.00001 is 1e-5. */
export const brief = (value) => {
  const size = Math.abs(value);
  if (size >= 1e6) return value.toExponential(+(size / 10 ** Math.floor(Math.log10(size))).toFixed(1) % 1 ? 1 : 0).replace("e+", "e");
  if (size >= 1000) return `${+(value / 1000).toPrecision(4)}k`;
  return value !== 0 && size < 0.001 ? value.toExponential(0) : String(+value.toPrecision(3));
};

/** What is written at the values of an axis whose ticks are so far apart: as many digits as tell them apart. */
export function labels(ticks) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(ticks[0] ?? 1) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  const power = (v) => Math.floor(Math.log10(Math.abs(v)) + 1e-9);
  const written = (v) => {
    if (Math.abs(v) < step / 1000) return "0";
    if (largest >= 1e6 || largest < 1e-3) return v.toExponential(Math.max(0, power(v) - power(step))).replace("e+", "e");
    return String(+v.toFixed(Math.max(0, -power(step))));
  };
  return ticks.map((v) => written(v).replace(/^-/, "−"));
}

/** Steps (or seconds) along a chart: linear up to a unit, and logarithmic from there to the last. */
export function logarithmic(unit, last, name) {
  const place = (x) => Math.log1p(x / unit) / Math.log1p(last / unit);
  return { place, marks: [0, ...powers(unit, last)], unit: name };
}

/** Steps (or seconds) along a chart, evenly. */
export function even(last, name) {
  return { place: (x) => x / last, marks: linearTicks(0, last, 5), unit: name };
}

/** A number that is read off a curve. */
export function reading(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2).replace("e+", "e").replace("-", "−");
  return value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 6 : 3 }).replace("-", "−");
}
