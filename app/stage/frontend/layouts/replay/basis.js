/** The rows of a B that is learnt, and what each of them does to the grid (end of Sect. 3.2). */
import { element } from "../../dom.js";
import { drawGrids, paintPixels } from "../../parts/drawing.js";

const REACH = 0.3; // how far the grid is moved by the largest entry of a row, in half widths
const POSITIVE = [230, 159, 0];
const NEGATIVE = [86, 180, 233];

export class Basis {
  /** @param {object} run  as decode.js gives it, with a learnt B  @param {string} suffix  whose it is */
  constructor(run, suffix) {
    this.panes = run.transform.columnNames.map((name, k) => {
      const ariaLabel = `Row ${k + 1} of B, and the sampling grid moved sideways by it`;
      const pixels = element("canvas", { className: "pixels" });
      const overlay = element("canvas", { className: "overlay" });
      const square = element("div", { className: "square" }, pixels, overlay);
      square.setAttribute("role", "img");
      square.setAttribute("aria-label", ariaLabel);
      return { pixels, overlay, node: element("figure", { className: "pane" }, square, element("figcaption", { textContent: name })) };
    });
    const words = element("span", { textContent: `The rows of B${suffix}. θ₁ₖ adds row k to the grid's x, θ₂ₖ to its y. Orange is positive, blue negative; the lines are the grid moved sideways by a row.` });
    this.node = element("div", { className: "means rows" }, words, ...this.panes.map(({ node }) => node));
  }

  /** The rows at a frame, or between two. */
  show(run, frame) {
    const { target, latticeTarget } = run.learnt(frame);
    const still = run.learnt(0).latticeTarget; // its first rows are x and y
    const [height, width] = run.outputSize;
    this.panes.forEach(({ pixels, overlay }, k) => {
      const row = target.subarray(k * height * width, (k + 1) * height * width);
      const most = row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
      paintPixels(pixels, heat(row, most, height, width));
      const count = latticeTarget.length / this.panes.length;
      const grid = new Float32Array(2 * count);
      for (let i = 0; i < count; i++) {
        grid[2 * i] = still[i] + (REACH * latticeTarget[k * count + i]) / most;
        grid[2 * i + 1] = still[count + i];
      }
      drawGrids(overlay, [{ grid, colour: "#fff" }], run.transform.lattice, run.colours.corner);
    });
  }
}

/** A row as colours: black where it is zero. */
function heat(row, most, height, width) {
  const plane = height * width;
  const pixels = new Uint8ClampedArray(3 * plane);
  row.forEach((value, i) => {
    const colour = value < 0 ? NEGATIVE : POSITIVE;
    for (let c = 0; c < 3; c++) pixels[c * plane + i] = (colour[c] * Math.abs(value)) / most;
  });
  return { pixels, channels: 3, height, width };
}
