/** One U with its grid, and its V where there is a transformer. */
import { drawFrame, drawGrid, paintPixels } from "./drawing.js";
import { points } from "./grid.js";
import { sample } from "./sampling.js";

/** Create an element with properties and children. */
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

export class Pair {
  constructor(item, data) {
    this.data = data;
    this.panes = element("div", { className: "panes" });
    this.u = this.pane("U");
    if (data.transform) this.v = this.pane("V");
    this.show(item, item.theta);
  }

  pane(name) {
    const pixels = element("canvas", { className: "pixels" });
    const overlay = element("canvas", { className: "overlay" });
    const square = element("div", { className: "square" }, pixels, overlay);
    square.setAttribute("role", "img");
    const caption = this.data.captions?.[name];
    const pane = element("figure", { className: "pane" }, square);
    if (caption) pane.append(element("figcaption", { innerHTML: caption }));
    pane.dataset.pane = name;
    this.panes.append(pane);
    return { pixels, overlay, square };
  }

  /** Show an item with this θ. */
  show(item, theta) {
    if (this.item !== item) {
      paintPixels(this.u.pixels, item.image, ...this.data.inputSize);
      this.u.square.setAttribute("aria-label", item.alt);
      this.v?.square.setAttribute("aria-label", "V: the output, U read at the grid");
      this.item = item;
    }
    if (!theta) return;
    this.theta = theta;
    const { transform, inputSize, outputSize, colours } = this.data;
    this.grid = points(transform, theta, transform.target);
    paintPixels(this.v.pixels, sample(item.image, ...inputSize, this.grid), ...outputSize);
    const lattice = points(transform, theta, transform.latticeTarget);
    drawGrid(this.u.overlay, lattice, transform.lattice, colours);
    drawFrame(this.v.overlay, colours);
  }

  redraw() {
    this.show(this.item, this.theta);
  }
}
