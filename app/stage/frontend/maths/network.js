/** A whole network of the paper: U → θ of every transformer; their outputs V → probabilities. */
import { activations, inputMaps, softmax } from "./layers.js";
import { pool } from "./sampling.js";

export class Network {
  /**
   * @param {object} described
   * @param {import("./layers.js").Layer[][]} described.localisations  of each transformer
   * @param {number} described.pool  V is averaged over pool × pool pixels
   * @param {import("./layers.js").Layer[]} described.classifier  of all V, or of U without one
   */
  constructor({ localisations, pool: side, classifier }) {
    Object.assign(this, { localisations, side, classifier });
  }

  /**
   * @param {import("./sampling.js").Source} source  U
   * @param {(number[]|null)[]} [held]  a θ in place of a transformer's own
   * @returns {number[][]} (N, P)
   */
  thetas(source, held = []) {
    const input = inputMaps(source);
    return this.localisations.map((layers, n) => held[n] ?? Array.from(activations(layers, input).at(-1).values));
  }

  /**
   * @param {import("./sampling.js").Source[]} outputs  V of every transformer, or U alone
   * @returns {{odds: number[], brightest: number}} of the classes; and of what the classifier is given, 0 to 1
   */
  read(outputs) {
    const parts = outputs.map(({ pixels, channels, height, width }) =>
      this.side > 1 ? pool(pixels, channels, [height, width], this.side) : { pixels, channels, height, width }
    );
    const [{ height, width }] = parts;
    const pixels = new Float32Array(parts.reduce((sum, part) => sum + part.pixels.length, 0));
    parts.reduce((at, part) => (pixels.set(part.pixels, at), at + part.pixels.length), 0);
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    const input = inputMaps({ pixels, channels, height, width });
    const odds = softmax(activations(this.classifier, input).at(-1).values);
    return { odds, brightest: input.values.reduce((a, b) => Math.max(a, b), 0) };
  }

  /** Run it on a black image, so that what it needs is laid out. @param {[number, number, number]} shape  of U */
  runOnNothing([channels, height, width]) {
    const empty = { pixels: new Float32Array(channels * height * width), channels, height, width };
    const count = this.thetas(empty).length || 1;
    this.read(Array(count).fill(empty));
  }
}
