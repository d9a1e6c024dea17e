/** U made of inputs that a hand moves, each at its pose, as Python makes it. */
import { BILINEAR } from "../../maths/kernels.js";
import { poseGrid } from "../../maths/pose.js";
import { sample } from "../../maths/sampling.js";

export class Composition {
  /**
   * @param {{source: object, channel: number|null}[]} inputs
   * @param {number[][]} poses  of each
   * @param {import("../../maths/sampling.js").Source} background  what is where no input is
   * @returns {import("../../maths/sampling.js").Source} the same one for the same inputs and poses
   */
  source(inputs, poses, background) {
    if (!inputs.length) return background;
    if (this.poses === poses && this.inputs === inputs) return this.made;
    const { height, width } = background;
    const pixels = Float32Array.from(background.pixels);
    inputs.forEach(({ source, channel }, i) => {
      const moved = sample(source, poseGrid(poses[i], [height, width]), BILINEAR);
      pixels.set(moved, (channel ?? 0) * height * width);
    });
    Object.assign(this, { poses, inputs, made: { ...background, pixels } });
    return this.made;
  }
}
