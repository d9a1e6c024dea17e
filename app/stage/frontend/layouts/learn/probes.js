/** Eight digits with their grids, as both networks read them now, and the mean of V over each class. */
import { element, press } from "../../dom.js";
import { affine } from "../../maths/affine.js";
import { kernel } from "../../maths/kernels.js";
import { paintPixels } from "../../parts/drawing.js";
import { pairOf } from "../../parts/pair.js";

const CLASSES = 10;

const likeliest = (logits, from) => {
  let best = 0;
  for (let c = 1; c < CLASSES; c++) if (logits[from + c] > logits[from + best]) best = c;
  return best;
};

export class Probes {
  /**
   * @param {object} data  as Python sends it  @param {number[]} labels  of the probes
   * @param {(probe: number) => void} onChosen
   */
  constructor(data, labels, onChosen) {
    Object.assign(this, { data, labels });
    const { side } = data;
    this.pairs = labels.map(() => pairOf({ network: { size: side }, colours: data.colours }, affine([side, side]), { layout: "strip" }));
    this.verdicts = labels.map(() => data.names.map(() => element("span", { className: "label" })));
    this.cells = this.pairs.map(({ node }, n) => element("button", { type: "button", className: "cell", onclick: () => onChosen(n) }, node, ...this.verdicts[n]));
    this.strip = element("div", { className: "strip" }, ...this.cells);
    this.strip.style.setProperty("--cells", labels.length);
    this.means = Array.from({ length: CLASSES }, (_, c) => element("canvas", { className: "mean", role: "img", ariaLabel: `Mean of V over the digits ${c}` }));
    const figures = this.means.map((canvas, c) => element("figure", {}, canvas, element("figcaption", { textContent: c })));
    this.averages = element("div", { className: "means" }, element("span", { textContent: "Mean of V over a class:" }), ...figures);
  }

  choose(probe) {
    press(this.cells, (_, n) => n === probe);
  }

  /** Other images, or as they are to be read now. @param {Float32Array} images  (probes, side²), as the networks are given them */
  set(images, { integer, shifted }) {
    const { side } = this.data;
    const each = side * side;
    this.sources = this.labels.map((_, n) => ({
      pixels: Uint8ClampedArray.from(images.subarray(n * each, (n + 1) * each), (value) => 255 * (value + (shifted ? 1 : 0))),
      channels: 1,
      height: side,
      width: side,
    }));
    const reading = { kernel: kernel(integer ? "integer" : "bilinear"), padding: "zeros", pool: 1, outside: shifted ? 255 : 0 };
    for (const pair of this.pairs) pair.data = { ...pair.data, reading };
  }

  /** @param {Float32Array} theta  (probes, 6)  @param {Float32Array[]} logits  of each network */
  show(theta, logits) {
    this.pairs.forEach((pair, n) => pair.show(this.sources[n], `A rotated ${this.labels[n]} with the sampling grid on it`, [Array.from(theta.subarray(6 * n, 6 * n + 6))]));
    this.verdicts.forEach((spans, n) =>
      spans.forEach((span, k) => {
        const said = likeliest(logits[k], n * CLASSES);
        const words = `${this.data.names[k]}: ${said} ${said === this.labels[n] ? "✓" : "✗"}`;
        if (span.textContent !== words) span.textContent = words;
      })
    );
  }

  /** @param {Uint8ClampedArray} images  (classes, side²) */
  showMeans(images) {
    const { side } = this.data;
    const each = side * side;
    this.means.forEach((canvas, c) => paintPixels(canvas, { pixels: images.subarray(c * each, (c + 1) * each), channels: 1, height: side, width: side }));
  }

  redraw() {
    this.pairs.forEach((pair) => pair.redraw());
  }
}
