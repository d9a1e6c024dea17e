/**
 * The two networks that learn: an FCN, and one behind a spatial transformer (App. A.4).
 * All parameters of one are in one array, all slopes in another.
 */
import { Dense } from "./dense.js";
import { rectify, rectifyBack } from "./rectifier.js";
import { FAMILIES, Transformer, writeMatrix } from "./transformer.js";

export const LOCALISATION_UNITS = [32, 32, 32]; // A.4
export const CLASSES = 10;

/** Fully connected layers, rectified but for the last. */
class Chain {
  /** @param {number[]} units  of the input and of every layer  @param {Store} store */
  constructor(units, store, batch) {
    this.from = store.taken;
    this.layers = units.slice(1).map((outputs, n) => store.dense(units[n], outputs, batch));
    this.to = store.taken;
    this.last = this.layers.at(-1);
  }

  forward(x, count) {
    let values = x;
    for (let n = 0; n < this.layers.length; n++) {
      const layer = this.layers[n];
      values = layer.forward(values, count);
      if (layer !== this.last) rectify(values, count * layer.outputs);
    }
    return values;
  }

  /** The slopes of all its parameters; the slope of the last output is given. */
  backward(x, slope, count) {
    let held = slope;
    for (let n = this.layers.length - 1; n >= 0; n--) {
      const layer = this.layers[n];
      const before = n > 0 ? this.layers[n - 1] : null;
      layer.backward(before ? before.output : x, held, count);
      this.firstSlope = held; // of the first layer's output, in the end
      if (!before) return;
      held = layer.backwardToInput(held, count);
      rectifyBack(before.output, held, count * before.outputs);
    }
  }

  /** The slope of its input, after ``backward``. */
  toInput(count, wanted) {
    return this.layers[0].backwardToInput(this.firstSlope, count, wanted);
  }
}

/** Parameters and slopes, handed out to layers one after the other. */
class Store {
  constructor(count) {
    this.params = new Float32Array(count);
    this.slopes = new Float32Array(count);
    this.taken = 0;
  }

  dense(inputs, outputs, batch) {
    const [from, middle] = [this.taken, this.taken + inputs * outputs];
    this.taken = middle + outputs;
    return new Dense(this.params.subarray(from, middle), this.params.subarray(middle, this.taken), this.slopes.subarray(from, this.taken), batch);
  }
}

const sizeOf = (units) => units.slice(1).reduce((sum, outputs, n) => sum + (units[n] + 1) * outputs, 0);

/** torch's own start: uniform in ±1/√inputs. */
function initialise({ layers }, random) {
  for (const { weight, bias, inputs } of layers) {
    const bound = inputs ** -0.5;
    for (const values of [weight, bias]) for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound);
  }
}

export class Network {
  /**
   * @param {{side: number, units: number, family: "affine"|"attention"|null, batch: number}} shape
   *   units: of the classifier's hidden layers; family: null without a transformer
   */
  constructor(shape) {
    const { side, units, family, batch } = shape;
    const classifier = [side * side, units, units, CLASSES];
    const form = FAMILIES[family];
    const localisation = form && [side * side, ...LOCALISATION_UNITS, form.identity.length];
    const store = new Store(sizeOf(classifier) + (form ? sizeOf(localisation) : 0));
    Object.assign(this, { shape, form, params: store.params, slopes: store.slopes });
    this.classifier = new Chain(classifier, store, batch);
    if (!form) return;
    this.localisation = new Chain(localisation, store, batch);
    this.transformer = new Transformer(side, batch);
    this.matrices = new Float32Array(batch * 6);
    this.thetaSlope = new Float32Array(batch * form.identity.length);
  }

  /** Fresh weights of both parts; the regression starts at the identity, or at random like the rest. */
  initialise(forClassifier, forLocalisation, identityStart = true) {
    initialise(this.classifier, forClassifier);
    if (!this.form) return;
    initialise(this.localisation, forLocalisation);
    if (identityStart) this.startAtIdentity();
  }

  startAtIdentity() {
    this.regression.weight.fill(0);
    this.regression.bias.set(this.form.identity);
  }

  /** The layer that θ comes out of. */
  get regression() {
    return this.localisation.last;
  }

  /** Where its parameters begin: they are the last. */
  get regressionAt() {
    return this.params.length - this.regression.weight.length - this.regression.bias.length;
  }

  /** @param {Float32Array} images  (count, side²)  @returns {Float32Array} logits, (count, classes) */
  forward(images, count, integer = false) {
    this.read = images;
    if (this.form) {
      const theta = this.localisation.forward(images, count);
      const params = this.form.identity.length;
      for (let b = 0; b < count; b++) writeMatrix(this.form, theta, b * params, this.matrices, b * 6);
      this.read = this.transformer.forward(images, this.matrices, count, integer);
    }
    return this.classifier.forward(this.read, count);
  }

  /** All slopes, after ``forward``. @param {boolean} frozen  the localisation network is left out */
  backward(images, slope, count, frozen = false) {
    this.classifier.backward(this.read, slope, count);
    if (!this.form || frozen) return;
    const { transformer, thetaSlope, form } = this;
    const entries = transformer.backward(this.classifier.toInput(count, transformer.wanted), count);
    const params = form.identity.length;
    for (let b = 0; b < count; b++) {
      for (let p = 0; p < params; p++) {
        let sum = 0;
        const at = form.entries[p];
        for (let e = 0; e < at.length; e++) sum += entries[b * 6 + at[e]];
        thetaSlope[b * params + p] = sum;
      }
    }
    this.localisation.backward(images, thetaSlope, count);
  }

  /** Every layer by torch's name of it. @returns {[string, Dense][]} */
  named() {
    const layers = this.classifier.layers.map((layer, n) => [`classifier.${2 * n + 1}`, layer]);
    if (!this.form) return layers;
    const body = this.localisation.layers.map((layer, n) => [`transformer.localisation.body.${2 * n + 1}`, layer]);
    body[body.length - 1][0] = "transformer.localisation.regression";
    return [...body, ...layers];
  }
}
