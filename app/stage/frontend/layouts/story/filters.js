/** One filter of the localisation network, close up: patch × kernel, summed, is one value of its map. */
import { element } from "../../dom.js";
import { paintPixels } from "../../parts/drawing.js";
import { signed } from "../../parts/numbers.js";

const MIDDLE = 127; // grey of a weight of zero

export class FilterZoom {
  /** @param {import("../../maths/layers.js").Layer[]} layers  of the localisation network */
  constructor(layers) {
    this.layers = layers;
    const pane = (name) => ({ canvas: element("canvas", { className: "mean", role: "img" }), name });
    this.panes = ["patch", "kernel", "product"].map(pane);
    const [patch, kernel, product] = this.panes.map(({ canvas, name }) => element("figure", {}, canvas, element("figcaption", { textContent: name })));
    this.words = element("p", { className: "words" });
    this.words.setAttribute("aria-live", "polite");
    this.node = element("div", {}, element("div", { className: "product" }, patch, "×", kernel, "=", product), this.words);
  }

  /**
   * @param {import("../../maths/layers.js").Maps} input  of the first layer
   * @param {import("../../maths/layers.js").Maps[]} outputs  of every layer
   * @param {number} at  the layer whose rectified maps are pointed at
   * @param {number[]} place  channel, row and column in them; by default the brightest
   */
  show(input, outputs, at, [channel, row, column] = brightest(outputs[at])) {
    const conv = this.layers.findLastIndex(({ kind }, l) => l <= at && kind === "convolution");
    const side = this.layers.slice(conv, at).find(({ kind }) => kind === "max")?.side ?? 1;
    const maps = conv ? outputs[conv - 1] : input;
    const [y, x] = strongest(channel, row, column, side, outputs[conv]);
    const { weight, bias, inputs, kernel } = this.layers[conv];
    const [taps, patches] = [[], []];
    for (let i = 0; i < inputs; i++) {
      const from = (channel * inputs + i) * kernel * kernel;
      taps.push(weight.subarray(from, from + kernel * kernel));
      patches.push(patchOf(maps, i, y, x, kernel));
    }
    const products = taps.map((tap, i) => tap.map((w, k) => w * patches[i][k]));
    const sums = products.map((values) => values.reduce((a, b) => a + b, 0));
    const shown = sums.reduce((best, sum, i) => (Math.abs(sum) > Math.abs(sums[best]) ? i : best), 0);
    [patches[shown], taps[shown], products[shown]].forEach((values, n) => paint(this.panes[n].canvas, values, kernel, n > 0));
    const others = sums.reduce((a, b) => a + b, 0) - sums[shown];
    const more = inputs > 1 ? ` (channel ${shown + 1}), ${signed(others)} from ${inputs - 1} other channels` : "";
    const value = Math.max(0, others + sums[shown] + bias[channel]);
    this.words.textContent =
      `Filter ${channel + 1}: the ${kernel * kernel} products sum to ${signed(sums[shown])}${more}; ` +
      `with the bias ${signed(bias[channel])}, ReLU gives ${signed(value)}. Point at any pixel of a map.`;
    this.panes.forEach(({ canvas, name }) => canvas.setAttribute("aria-label", `${name} of filter ${channel + 1}, ${kernel} × ${kernel}`));
  }
}

/** Channel, row and column of the largest value. */
function brightest({ height, width, values }) {
  const best = values.reduce((most, value, i) => (value > values[most] ? i : most), 0);
  return [Math.floor(best / (height * width)), Math.floor(best / width) % height, best % width];
}

/** Row and column of the value that a pool of side × side takes. */
function strongest(channel, row, column, side, { height, width, values }) {
  let best = null;
  for (let y = side * row; y < Math.min(height, side * (row + 1)); y++) {
    for (let x = side * column; x < Math.min(width, side * (column + 1)); x++) {
      const value = values[(channel * height + y) * width + x];
      if (!best || value > best.value) best = { value, at: [y, x] };
    }
  }
  return best.at;
}

function patchOf({ height, width, values }, channel, y, x, kernel) {
  return Float32Array.from({ length: kernel * kernel }, (_, k) => values[(channel * height + y + Math.floor(k / kernel)) * width + x + (k % kernel)]);
}

/** Values as grey, the largest white; signed ones about a middle grey. */
function paint(canvas, values, side, isSigned) {
  const most = Math.max(1e-6, ...values.map(Math.abs));
  const pixels = values.map((v) => (isSigned ? MIDDLE + (128 * v) / most : (255 * v) / most));
  paintPixels(canvas, { pixels, channels: 1, height: side, width: side });
}
