/** The gradient's panel: the arrows of Eq. 7 on the grid, the target, and the descent to it. */
import { button, element } from "../dom.js";
import { MATCHED, arrowsOf, compare, descend, isNear, pull, walk } from "../maths/descent.js";
import { drawArrows, paintPixels } from "./drawing.js";

const ARROWS_IN_ROW = 14;
const MAX_ARROW = 0.16; // its length, in half widths of U
const SAME = 1e-9; // a loss below this: V is the target
const NO_SLOPE = 1e-12; // of any point: nothing pulls

/** The panel below the images: the arrows, the target, and the descent. */
export class Gradient {
  /**
   * @param {import("./pair.js").Pair} pair
   * @param {(frames: {theta: number[], loss: number}[]) => void} onFrames  to be shown and kept
   */
  constructor(pair, onFrames) {
    this.pair = pair;
    this.onFrames = onFrames;
    this.arrows = element("canvas", { className: "overlay" });
    pair.us[0].square.insertBefore(this.arrows, pair.us[0].overlay.nextSibling);
    const box = element("input", { type: "checkbox", checked: true });
    box.onchange = () => {
      this.hidden = !box.checked;
      this.show();
    };
    this.words = element("p", { className: "words" });
    this.words.setAttribute("aria-live", "polite");
    const start = button("Descend", () => this.run(), { title: "Take gradient steps on θ that bring V closer to the target" });
    const take = button("Use V as the target", () => this.aim(), { title: "V as it is now becomes the target" });
    this.node = element(
      "div",
      { className: "descent" },
      element(
        "div",
        { className: "buttons" },
        start,
        take,
        element("label", {}, box, " arrows")
      ),
      this.words
    );
  }

  /** @param {Float32Array} [target]  what V should become; without one, V as it is */
  aim(target = Float32Array.from(this.pair.outputs[0].pixels)) {
    this.stop();
    this.target = target;
    this.strongest = 0; // of the arrows since then
    paintPixels(this.pair.target.pixels, { ...this.pair.shape, pixels: target });
    this.show();
  }

  /** Run on from the θ that is shown, a step in every frame. */
  run() {
    this.stop();
    const { pair } = this;
    const steps = descend(pair.data, pair.source, pair.thetas[0], (output) => compare(output, this.target));
    this.halt = walk(steps, Infinity, (frames, done) => {
      this.running = !done;
      this.onFrames(frames, done);
      if (done) this.words.textContent = this.verdict(frames);
    });
  }

  verdict(frames) {
    const last = frames[frames.length - 1];
    const steps = `after ${frames.length - 1} step${frames.length === 2 ? "" : "s"}`;
    if (last.loss < MATCHED) return `Matched ${steps}: loss ${last.loss.toFixed(5)}.`;
    if (last.still) return this.still();
    return (
      `Not matched ${steps}: loss ${last.loss.toFixed(4)}. The gradient sees only the nearest ` +
      "pixels, so from too far away it ends in a local minimum. Press Descend again, or drag " +
      "the grid closer."
    );
  }

  /** Why there is no gradient. */
  still() {
    return this.pair.data.reading.kernel.radius < 1
      ? "The gradient is zero: the integer kernel reads the nearest pixel, and that stays the " +
          "same when the grid moves a little. This holds for every θ (Sect. 3.3)."
      : "The gradient is zero: U does not change where the grid reads it. A gradient sees " +
          "only the pixels within the kernel.";
  }

  stop() {
    this.halt?.();
    this.running = false;
  }

  /** Draw the arrows at the grid that is shown, and tell the loss. */
  show() {
    const { pair } = this;
    const { height, width } = pair.shape;
    const grid = pair.grids[0];
    const output = pair.outputs[0].pixels;
    const { loss, slope } = compare(output, this.target);
    const along = pull(pair.source, grid, pair.data.reading, loss < SAME ? null : slope);
    const sign = loss < SAME ? 1 : -1; // uphill in V, or downhill in the loss
    const arrows = arrowsOf(grid, along, [height, width], ARROWS_IN_ROW, sign);
    const shown = this.hidden ? [] : arrows.filter(isNear);
    const strongest = Math.max(NO_SLOPE, ...arrows.map(([, , dx, dy]) => Math.hypot(dx, dy)));
    if (loss >= SAME) this.strongest = Math.max(this.strongest, strongest);
    drawArrows(this.arrows, shown, MAX_ARROW, loss < SAME ? strongest : this.strongest);
    if (this.running) this.words.textContent = `Descending: loss ${loss.toFixed(4)}`;
    else this.words.textContent = `${this.lossWords(loss)} ${strongest === NO_SLOPE ? this.still() : this.legend(loss)}`;
  }

  lossWords(loss) {
    if (loss < SAME) return "V matches the target.";
    return `Loss ${loss.toFixed(4)}: half the mean squared difference between V and the target.`;
  }

  /** What the arrows are. */
  legend(loss) {
    return loss < SAME
      ? "Arrows: where V would get brighter, (∂V/∂x, ∂V/∂y) of Eq. 7. Move the grid, then press Descend."
      : "Arrows: where the gradient pulls each grid point. They shorten as V gets closer to the target.";
  }
}
