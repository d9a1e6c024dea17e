/** U with the grids T_θ(G) on it, and each transformer's V. */
import { element } from "../dom.js";
import { IDENTITY } from "../maths/affine.js";
import { points, turnedOver } from "../maths/grid.js";
import { BILINEAR } from "../maths/kernels.js";
import { pool, sample } from "../maths/sampling.js";
import { decompose } from "../maths/pose.js";
import { drawFrame, drawGrids, paintPixels, paintTint, tintPoints } from "./drawing.js";

export class Pair {
  /** @param {object} data  as decode.js gives it */
  constructor(data) {
    this.data = data;
    const { transform, channels, transformers, outputSize } = data;
    this.node = element("div", { className: "panes" });
    // Colours are seen in one pane; other channels, a feature map's, each in one of its own.
    this.planes = channels === 1 || channels === 3 ? [undefined] : [...Array(channels).keys()];
    this.us = this.row(this.planes.map((plane) => this.pane("U", "U", plane)));
    this.vs = transform
      ? transformers.map(({ name, unseen }) => unseen ? [] : this.row(this.planes.map((plane) => this.pane("V", name || "V", plane))))
      : [];
    if (data.reading.pool > 1) {
      this.pooled = this.pane("pooled", "V, pooled");
      this.node.append(this.pooled.node);
    }
    if (data.features.gradient) {
      this.target = this.pane("target", "Target");
      this.node.append(this.target.node);
    }
    const several = transformers.length > 1 || this.planes.length > 1;
    this.node.classList.toggle("several", several);
    this.node.style.setProperty("--rows", this.planes.length);
    this.node.style.setProperty("--columns", 1 + this.vs.filter((panes) => panes.length).length);
    this.outputs = [];
    this.shape = { channels, height: outputSize[0], width: outputSize[1] };
  }

  row(panes) {
    const nodes = panes.map((pane) => pane.node);
    this.node.append(...nodes);
    return panes;
  }

  pane(kind, name, plane) {
    const pixels = element("canvas", { className: "pixels" });
    const overlay = element("canvas", { className: "overlay" });
    const square = element("div", { className: "square" }, pixels, overlay);
    const [high, wide] = kind === "U" ? this.data.inputSize : this.data.outputSize;
    square.style.setProperty("--aspect", wide / high);
    // U's pane can have handles on it, which are no part of a picture.
    const picture = kind === "U" ? pixels : square;
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", name);
    const node = element("figure", { className: "pane" }, square);
    const caption = this.data.captions?.[kind];
    const which = plane === undefined ? "" : `, channel ${plane + 1}`;
    if (caption) {
      const named = kind === "V" && this.data.transformers.length > 1 ? `${name}: ` : "";
      node.append(element("figcaption", { innerHTML: named + caption + which }));
    }
    node.dataset.pane = kind;
    return { node, pixels, overlay, square, plane };
  }

  /**
   * Show U, what it is, and the grids of these θ, one for each transformer.
   * @param {import("../maths/sampling.js").Source} source
   * @param {string} alt
   * @param {number[][]|null} thetas
   */
  show(source, alt, thetas) {
    if (this.source !== source) {
      this.us.forEach(({ pixels, plane }) => paintPixels(pixels, source, plane));
      this.source = source;
    }
    this.us.forEach(({ pixels }) => pixels.setAttribute("aria-label", alt));
    this.alt = alt;
    if (!thetas) return;
    this.thetas = thetas;
    const { transform, transformers, reading, colours, features } = this.data;
    this.grids = thetas.map((theta) => points(transform, theta, transform.target));
    this.outputs = this.grids.map((grid, n) => this.vs[n].length && { ...this.shape, pixels: sample(source, grid, reading) });
    const lattices = thetas.map((theta, n) => ({
      grid: points(transform, theta, transform.latticeTarget),
      colour: transformers[n].colour,
    }));
    this.us.forEach(({ overlay }) => drawGrids(overlay, lattices, transform.lattice, colours.corner));
    this.vs.forEach((panes, n) =>
      panes.forEach(({ pixels, overlay, plane }) => {
        paintPixels(pixels, this.outputs[n], plane);
        drawFrame(overlay, transformers[n].colour, colours.corner);
      })
    );
    if (this.data.layout !== "strip") this.speak();
    if (this.pooled) {
      const { height, width, channels } = this.shape;
      const pooled = pool(this.outputs[0].pixels, channels, [height, width], reading.pool);
      paintPixels(this.pooled.pixels, pooled);
      drawFrame(this.pooled.overlay, transformers[0].colour, colours.corner);
    }
    if (features.tint) this.tint();
  }

  /** What V is, for those who do not see it: how the grid lies on U. */
  speak() {
    const { transform, transformers } = this.data;
    this.vs.forEach((panes, n) => {
      const words = `${transformers[n].name || "V"}, U read at a grid ${lieOf(transform, this.thetas[n], this.grids[n])}`;
      panes.forEach(({ square }) => square.setAttribute("aria-label", words));
    });
  }

  /** Where the grid is turned over; the share of V that it is stays in `this.turned`. */
  tint() {
    const { transform, outputSize } = this.data;
    const [u, v] = [this.us[0], this.vs[0][0]];
    for (const pane of [u, v]) pane.tint ??= pane.square.insertBefore(element("canvas"), pane.overlay);
    [u.tint.className, v.tint.className] = ["overlay", "pixels"];
    const marked = turnedOver(transform, this.thetas[0], transform.target, outputSize);
    this.turned = marked.reduce((a, b) => a + b, 0) / marked.length;
    paintTint(v.tint, marked, outputSize);
    tintPoints(u.tint, this.grids[0], marked, 0.78 / outputSize[1]);
  }

  redraw() {
    if (this.source) this.show(this.source, this.alt, this.thetas);
  }
}

/**
 * U and V of a network that the browser runs: grey images, one affine transformer.
 * @param {{network: {size: number}, colours: object}} data
 * @param {object} form  of its θ
 * @param {object} more  what is otherwise: its captions, say
 */
export function pairOf({ network, colours }, form, more) {
  const size = [network.size, network.size];
  return new Pair({
    transform: form,
    channels: 1,
    transformers: [{ name: "", colour: colours.grid }],
    inputSize: size,
    outputSize: size,
    reading: { ...BILINEAR, pool: 1 },
    features: {},
    colours,
    ...more,
  });
}

const two = (value) => (Math.round(100 * value) / 100 + 0).toFixed(2).replace("-", "−");

/** How a grid lies on U: the pose of an affine one, from where to where any other reaches. */
function lieOf({ rows, columns }, theta, grid) {
  if (rows === 2 && columns === 3 && theta.length === 6) {
    const [degrees, sx, sy, shear, x, y] = decompose(theta, IDENTITY);
    const turn = `${Math.round(degrees) + 0}°`.replace("-", "−");
    return `turned by ${turn}, scaled by ${two(sx)} × ${two(sy)}, shear ${two(shear)}, shifted by (${two(x)}, ${two(y)})`;
  }
  const reach = [0, 1].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = axis; i < grid.length; i += 2) [low, high] = [Math.min(low, grid[i]), Math.max(high, grid[i])];
    return `${two(low)} to ${two(high)}`;
  });
  return `from x ${reach[0]}, y ${reach[1]}`;
}
