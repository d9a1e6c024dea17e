/**
 * How two networks stand, on digits that they are not trained on: their errors, what became of the
 * probes, whether θ follows the angle, and the mean of V over each class. Fixed for all seeds.
 */
import { rotate } from "./distortion.js";
import { CLASSES } from "./network.js";
import { Random } from "./random.js";

const SEED = 1; // of the angles
export const PROBES = [1, 2, 3, 4, 5, 6, 7, 9]; // classes
const CHUNK = 25; // digits at a time, less than a batch; as many as a class has, or half of them

export class Measurement {
  /** @param {import("./trainer.js").Trainer} trainer */
  constructor(trainer) {
    const { digits } = trainer;
    const { side, train } = digits;
    this.trainer = trainer;
    this.count = digits.labels.length - train;
    const random = new Random(SEED);
    this.turns = Float64Array.from({ length: this.count }, () => random.uniform(-1, 1)); // of the range
    this.images = new Float32Array(CHUNK * side * side);
    this.probes = new Float32Array(PROBES.length * side * side);
    this.theta = new Float32Array(PROBES.length * 6); // as affine matrices
    this.logits = [0, 1].map(() => new Float32Array(PROBES.length * CLASSES));
    this.means = new Float64Array(CLASSES * side * side);
    this.wrong = [0, 0];
    this.placeOf = PROBES.map((label) => digits.labels.indexOf(label, train));
    this.turnOf = PROBES.map((_, n) => ((n % 2 ? -1 : 1) * (n + 1)) / PROBES.length); // a mirror image of none
    this.drawProbes();
  }

  drawProbes() {
    const { digits, settings, shift } = this.trainer;
    this.placeOf.forEach((place, n) => rotate(digits.pixels, place, this.turnOf[n] * settings.degrees, this.probes, n, digits.side, shift));
  }

  /** The probes' θ and logits, as the networks are now. */
  look() {
    const { networks, settings } = this.trainer;
    networks.forEach((network, n) => this.logits[n].set(network.forward(this.probes, PROBES.length, settings.integer).subarray(0, this.logits[n].length)));
    this.theta.set(networks[1].matrices.subarray(0, this.theta.length));
  }

  /**
   * All digits that are held back. @returns {{errors: number[], follows: number|null}} errors: in
   * per cent; follows: the correlation of the predicted with the true angle, null where none varies
   */
  measure() {
    const { digits, settings, networks, shift } = this.trainer;
    const { side, train } = digits;
    const each = side * side;
    const sums = new Sums();
    this.means.fill(0);
    this.wrong.fill(0);
    for (let first = 0; first < this.count; first += CHUNK) {
      for (let b = 0; b < CHUNK; b++) rotate(digits.pixels, train + first + b, this.turns[first + b] * settings.degrees, this.images, b, side, shift);
      networks.forEach((network, n) => (this.wrong[n] += misread(network.forward(this.images, CHUNK, settings.integer), digits.labels, train + first)));
      const { read, matrices } = networks[1];
      for (let b = 0; b < CHUNK; b++) {
        const label = digits.labels[train + first + b];
        for (let i = 0; i < each; i++) this.means[label * each + i] += read[b * each + i];
        sums.add(Math.atan2(matrices[6 * b + 3] - matrices[6 * b + 1], matrices[6 * b] + matrices[6 * b + 4]), this.turns[first + b]);
      }
    }
    return { errors: this.wrong.map((wrong) => (100 * wrong) / this.count), follows: sums.correlation() };
  }

  /** The mean of V over the digits of each class, 0 to 255. @returns {Uint8ClampedArray} (classes, side²) */
  meanImages() {
    const { shift } = this.trainer;
    const each = this.count / CLASSES;
    return Uint8ClampedArray.from(this.means, (sum) => 255 * (sum / each + shift));
  }
}

function misread(logits, labels, from) {
  let wrong = 0;
  for (let b = 0; b < CHUNK; b++) {
    let best = 0;
    for (let c = 1; c < CLASSES; c++) if (logits[b * CLASSES + c] > logits[b * CLASSES + best]) best = c;
    if (best !== labels[from + b]) wrong += 1;
  }
  return wrong;
}

/** Of pairs of numbers, for their correlation. */
class Sums {
  constructor() {
    Object.assign(this, { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 });
  }

  add(x, y) {
    this.n += 1;
    this.x += x;
    this.y += y;
    this.xx += x * x;
    this.xy += x * y;
    this.yy += y * y;
  }

  correlation() {
    const { n, x, y, xx, xy, yy } = this;
    const spread = (n * xx - x * x) * (n * yy - y * y);
    return spread > 1e-9 ? (n * xy - x * y) / Math.sqrt(spread) : null;
  }
}
