/**
 * Two networks trained in step, on the same batches: an FCN, and one behind a spatial transformer,
 * with as many parameters in all. A seed and the settings fix every number; nothing here knows the time or the page.
 */
import { Adam } from "./adam.js";
import { rotate } from "./distortion.js";
import { crossEntropy } from "./entropy.js";
import { Measurement } from "./measurement.js";
import { CLASSES, Network } from "./network.js";
import { Random } from "./random.js";

export const BATCH = 32;
export const NAMES = ["fcn", "st-fcn"];
export const UNITS = [63, 32]; // of both hidden layers of each classifier: 54,127 parameters in all, and 53,936
const STREAMS = { classifier: 0, localisation: 1, batches: 2 }; // of a seed
export const BOOST = 10;
const WHITE = 1; // is subtracted, so that what is read outside of U is as bright as ink

/**
 * @typedef {object} Settings
 * @property {number} rate  the learning rate
 * @property {number} degrees  rotations are uniform between minus and plus so many
 * @property {"affine"|"attention"} family
 * @property {boolean} boost  the rate times ten
 * @property {boolean} random  the transformer starts at random, not at the identity: at a reset
 * @property {boolean} integer  V is read by the integer kernel (Eq. 4), which has no gradient
 * @property {boolean} frozen  the localisation network is not updated
 * @property {boolean} shifted  white is subtracted from every image
 * @property {boolean} swapped  every digit of a batch has the label of the next one
 */

/** @type {Settings} */
export const DEFAULTS = { rate: 1e-3, degrees: 90, family: "affine", boost: false, random: false, integer: false, frozen: false, shifted: false, swapped: false };

export class Trainer {
  /**
   * @param {{pixels: Uint8Array, labels: Uint8Array, side: number, train: number}} digits  the first
   *   ``train`` are trained on, the others only measured
   * @param {number} seed  @param {Settings} settings
   */
  constructor(digits, seed, settings) {
    const { side } = digits;
    Object.assign(this, { digits, seed, settings: { ...settings }, steps: 0 });
    this.images = new Float32Array(BATCH * side * side);
    this.labels = new Uint8Array(BATCH);
    this.slope = new Float32Array(BATCH * CLASSES);
    this.losses = new Float64Array(NAMES.length);
    this.networks = [null, settings.family].map((family, n) => new Network({ side, units: UNITS[n], family, batch: BATCH }));
    for (const network of this.networks) {
      network.initialise(new Random(seed, STREAMS.classifier), new Random(seed, STREAMS.localisation), !settings.random);
    }
    this.optimisers = this.networks.map(({ params }) => new Adam(params.length));
    this.batches = new Random(seed, STREAMS.batches);
    this.measurement = new Measurement(this);
  }

  /** Change settings while it runs. Another family begins at its identity. */
  set(settings) {
    const before = this.settings.family;
    Object.assign(this.settings, settings);
    if (this.settings.family !== before) this.changeFamily();
  }

  changeFamily() {
    const [, old] = this.networks;
    const network = new Network({ ...old.shape, family: this.settings.family });
    const optimiser = new Adam(network.params.length);
    const kept = Math.min(old.regressionAt, network.regressionAt); // all but θ's layer, which is the last
    network.params.set(old.params.subarray(0, kept));
    optimiser.goOn(this.optimisers[1], kept);
    network.startAtIdentity();
    this.networks[1] = network;
    this.optimisers[1] = optimiser;
  }

  get shift() {
    return this.settings.shifted ? WHITE : 0;
  }

  /** The next batch: digits, their labels, and how each is rotated. */
  draw() {
    const { digits, images, labels, batches, settings, shift } = this;
    for (let b = 0; b < BATCH; b++) {
      const which = batches.below(digits.train);
      labels[b] = digits.labels[which];
      rotate(digits.pixels, which, batches.uniform(-settings.degrees, settings.degrees), images, b, digits.side, shift);
    }
    if (!settings.swapped) return;
    const first = labels[0];
    labels.copyWithin(0, 1);
    labels[BATCH - 1] = first;
  }

  /** One step of both networks; the losses of its batch are in ``losses``. */
  step() {
    const { networks, optimisers, images, labels, slope, losses, settings } = this;
    const { integer } = settings;
    const rate = settings.rate * (settings.boost ? BOOST : 1);
    this.draw();
    for (let n = 0; n < networks.length; n++) {
      const network = networks[n];
      const rests = settings.frozen || integer; // without a slope nothing of f_loc moves
      losses[n] = crossEntropy(network.forward(images, BATCH, integer), labels, BATCH, CLASSES, slope);
      network.backward(images, slope, BATCH, rests);
      optimisers[n].update(network.params, network.slopes, rate, rests ? network.classifier.to : network.params.length);
    }
    this.steps += 1;
  }
}
