/** The loss of V's class, −log p, and its slope ∂loss/∂V: the classifier, forwards and backwards. */
import { activations, backwards, inputMaps, softmax } from "./layers.js";
import { pool } from "./sampling.js";

export class Loss {
  /**
   * @param {{size: number, pool: number, classifier: object[]}} network  of V's side, which is pooled
   * @param {number} label
   */
  constructor({ size, pool: side, classifier }, label) {
    Object.assign(this, { size, side, classifier, label });
  }

  forward(output) {
    const { size, side } = this;
    const pooled = side > 1 ? pool(output, 1, [size, size], side) : { pixels: output, channels: 1, height: size, width: size };
    const input = inputMaps(pooled);
    const layers = activations(this.classifier, input);
    const odds = softmax(layers[layers.length - 1].values);
    return { input, layers, odds, loss: -Math.log(Math.max(1e-12, odds[this.label])) };
  }

  /** @param {Float32Array} output  V, 0 to 255 */
  of(output) {
    const { loss, odds } = this.forward(output);
    return { loss, odds };
  }

  /** The same, with ∂loss/∂V. */
  withSlope(output) {
    const { size, side } = this;
    const { input, layers, odds, loss } = this.forward(output);
    const ofLogits = Float32Array.from(odds, (p, c) => p - (c === this.label ? 1 : 0));
    const ofInput = backwards(this.classifier, input, layers, ofLogits);
    const slope = new Float32Array(size * size);
    for (let i = 0; i < slope.length; i++) {
      const [row, column] = [Math.floor(i / size / side), Math.floor((i % size) / side)];
      if (row < input.height && column < input.width) slope[i] = ofInput[row * input.width + column] / (side * side);
    }
    return { layers, loss, odds, slope };
  }
}
