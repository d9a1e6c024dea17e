/** Gradient steps on θ alone that lower a loss of V, through Eq. 7. */
import { chain, points } from "./grid.js";
import { sample, slopes } from "./sampling.js";

export const STEPS = 200;
const RATE = 0.02; // of Adam, in the units of θ
const [MEAN, SPREAD] = [0.9, 0.99]; // of Adam's averages
const NEAR = 1.3; // half widths of U from its middle
const STILL = 1e-7; // a gradient of θ below this pulls nothing
export const MATCHED = 5e-4; // a loss below this is a match

/** The loss, half the mean squared difference with values in [0, 1], and its slope along V. */
export function compare(output, target) {
  let loss = 0;
  const slope = output.map((value, i) => {
    const difference = (value - target[i]) / 255;
    loss += (difference * difference) / 2 / output.length;
    return difference / output.length;
  });
  return { loss, slope };
}

/** ∂L/∂(x^s, y^s) in normalised units, (N, 2), from ∂L/∂V; with none, the arrows of V itself. */
export function pull(source, grid, reading, slope) {
  const [dx, dy] = slopes(source, grid, reading);
  const count = grid.length / 2;
  const result = new Float32Array(2 * count);
  for (let c = 0; c < source.channels; c++) {
    for (let i = 0; i < count; i++) {
      const weight = slope ? slope[c * count + i] : 1 / source.channels;
      result[2 * i] += (weight * dx[c * count + i] * source.width) / 2 / 255;
      result[2 * i + 1] += (weight * dy[c * count + i] * source.height) / 2 / 255;
    }
  }
  return result;
}

/**
 * Arrows (x, y, dx, dy) at some points of a grid.
 * @param {Float32Array} slope  along the grid's points: (N, 2)
 * @param {number} inRow  so many, about, in the longer direction
 * @param {1|-1} sign  along the slope, or against it
 */
export function arrowsOf(grid, slope, [height, width], inRow, sign) {
  const result = [];
  const every = Math.max(1, Math.round(Math.max(height, width) / inRow));
  for (let row = every >> 1; row < height; row += every) {
    for (let column = every >> 1; column < width; column += every) {
      const i = row * width + column;
      result.push([grid[2 * i], grid[2 * i + 1], sign * slope[2 * i], sign * slope[2 * i + 1]]);
    }
  }
  return result;
}

/** Whether an arrow starts on U, or next to it. */
export const isNear = ([x, y]) => Math.abs(x) < NEAR && Math.abs(y) < NEAR;

/**
 * Steps of Adam on θ, one for each call of `next`: yields {theta, loss, still}, and ends where it is
 * matched, where nothing pulls, or after so many steps.
 * @param {(output: Float32Array) => {loss: number, slope: Float32Array}} judge  of V
 */
export function* descend({ transform, reading }, source, theta, judge, matched = MATCHED) {
  let now = [...theta];
  const [mean, square] = [now.map(() => 0), now.map(() => 0)];
  for (let step = 1; step <= STEPS; step++) {
    const grid = points(transform, now, transform.target);
    const { loss, slope } = judge(sample(source, grid, reading));
    const gradient = chain(transform, now, transform.target, pull(source, grid, reading, slope));
    const still = Math.max(...gradient.map(Math.abs)) < STILL;
    yield { theta: now, loss, still };
    if (still || loss < matched) return;
    now = now.map((value, p) => {
      mean[p] = MEAN * mean[p] + (1 - MEAN) * gradient[p];
      square[p] = SPREAD * square[p] + (1 - SPREAD) * gradient[p] ** 2;
      const unbiased = mean[p] / (1 - MEAN ** step);
      return value - (RATE * unbiased) / (Math.sqrt(square[p] / (1 - SPREAD ** step)) + 1e-12);
    });
  }
}

/**
 * Take these steps, one in every animation frame; with reduced motion all at once.
 * @param {number} maxFrames
 * @param {(frames: object[], done: boolean) => void} onFrames  all so far
 * @returns {() => void} stops it
 */
export function walk(steps, maxFrames, onFrames) {
  const frames = [];
  const quick = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let frame = 0;
  const tick = () => {
    let next;
    do {
      next = steps.next();
      if (!next.done) frames.push(next.value);
    } while (quick && !next.done && frames.length < maxFrames);
    const done = next.done || frames.length >= maxFrames;
    frame = done ? 0 : requestAnimationFrame(tick);
    onFrames(frames, done);
  };
  tick();
  return () => cancelAnimationFrame(frame);
}
