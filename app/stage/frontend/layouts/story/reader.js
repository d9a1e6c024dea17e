/** The network and its digits without anything that is drawn: U, θ and probabilities at any pose. */
import { affine } from "../../maths/affine.js";
import { points } from "../../maths/grid.js";
import { BILINEAR } from "../../maths/kernels.js";
import { activations, inputMaps } from "../../maths/layers.js";
import { Loss } from "../../maths/loss.js";
import { invert, poseGrid, product, turned } from "../../maths/pose.js";
import { sample } from "../../maths/sampling.js";

export class Reader {
  /** @param {object} network  as decode.js gives it */
  constructor(network) {
    this.network = network;
    this.size = [network.size, network.size];
    this.form = affine(this.size);
  }

  /** U with a digit at this pose. */
  image(digit, pose) {
    const [height, width] = this.size;
    return { pixels: sample(digit.source, poseGrid(pose, this.size), BILINEAR), channels: 1, height, width };
  }

  /** Every layer's maps of the localisation network, and what it was given. */
  localise(source) {
    const input = inputMaps(source);
    const outputs = activations(this.network.localisation, input);
    return { input, outputs, theta: Array.from(outputs.at(-1).values) };
  }

  /** The pose at which a digit stands in U as the transformer makes it stand in V. */
  upright(digit) {
    return product(invert(this.localise(this.image(digit, digit.pose)).theta), digit.pose);
  }

  /** V, U read at the grid of this θ. */
  output(source, theta) {
    return sample(source, points(this.form, theta, this.form.target), BILINEAR);
  }

  /** The probability of a class of a digit at this pose, turned so far: with the transformer, and without. */
  odds(digit, label, pose, degrees) {
    const source = this.image(digit, turned(pose, degrees));
    const loss = new Loss(this.network, label);
    const outputs = [this.output(source, this.localise(source).theta), source.pixels];
    const [aided, alone] = outputs.map((output) => loss.of(output).odds[label]);
    return { aided, alone };
  }
}
