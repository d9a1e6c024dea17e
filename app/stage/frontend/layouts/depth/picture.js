/** The panes: the photograph with all frames on it; of each transformer its U, its V, and the view. */
import { element } from "../../dom.js";
import { IDENTITY, affine } from "../../maths/affine.js";
import { points } from "../../maths/grid.js";
import { BILINEAR } from "../../maths/kernels.js";
import { invert, product } from "../../maths/pose.js";
import { pool, sample } from "../../maths/sampling.js";
import { drawFrame, drawGrids, paintPixels } from "../../parts/drawing.js";
import { DeepMaps, shownMap } from "./maps.js";

const BORDER = { ...BILINEAR, padding: "border" }; // a photograph's edge goes on, as in our crops

// As in app/data/house_numbers.py, which cuts the same crops for the networks.
const MAX_ENTRY = 4;
const MAX_OVERSAMPLING = 16;

/** Whether a crop is one that is cut: of no size beyond these, and no NaN. @param {number[]} theta */
export const isCrop = (theta) => theta.every((entry) => Math.abs(entry) <= MAX_ENTRY);

/** Of all matrices up to each one, multiplied: (N, 6). */
export const multipliedOut = (thetas) => thetas.map((_, n) => thetas.slice(0, n + 1).reduce(product));

export class Picture {
  /** @param {object} data  as decode.js gives it */
  constructor(data) {
    this.data = data;
    const { side, sizes, colours } = data;
    this.forms = sizes.map(([, height, width]) => affine([height, width], "the frame", false, 1));
    this.maps = new DeepMaps(data.layers, this.forms, (n) => this.paintMaps(n));
    this.channels = sizes.map(() => null); // which is shown of each transformer's maps; null: their mean
    this.photo = this.pane("photo", "The photograph with all frames multiplied out", colours.crop);
    const { height, width } = data.photograph;
    this.photo.square.style.setProperty("--aspect", width / height);
    const named = (kind, words) => sizes.map((_, n) => this.pane(kind, `Transformer ${n + 1}: ${words}`, colours.frames[n]));
    this.us = named("U", "its input U");
    this.vs = named("V", "its output V");
    this.views = named("view", "the input image as read by all transformers up to it");
    if (!sizes.length) this.us = [this.pane("U", "The crop that the networks read", colours.crop)];
    this.inner = affine([side, side], "the frame", false, 1);
  }

  pane(kind, name, colour) {
    const pixels = element("canvas", { className: "pixels" });
    const overlay = element("canvas", { className: "overlay" });
    const marks = element("canvas", { className: "overlay" });
    const square = element("div", { className: "square" }, pixels, overlay, marks);
    pixels.setAttribute("role", "img");
    pixels.setAttribute("aria-label", name);
    const node = element("figure", { className: "pane" }, square);
    node.dataset.pane = kind;
    return { node, pixels, overlay, marks, square, name, colour };
  }

  get panes() {
    return [this.photo, ...this.us, ...this.vs, ...this.views];
  }

  /** Where each pane's frame is in the crop: an affine map, pane -> crop. */
  get places() {
    const before = this.products.map((_, n) => this.products[n - 1] ?? IDENTITY);
    if (!before.length) before.push(IDENTITY);
    return [invert(this.crop), ...before, ...this.products, ...this.products];
  }

  /** @param {number[]} crop  of the photograph  @param {number[][]} thetas  of the transformers */
  show(crop, thetas) {
    if (this.crop !== crop) this.cut(crop);
    this.thetas = thetas;
    this.products = multipliedOut(thetas);
    this.drawFrames();
    this.maps.show(this.image, thetas);
    thetas.forEach((_, n) => this.paintOutput(n));
    this.views.forEach((view, n) => {
      const grid = points(this.inner, this.products[n], this.inner.target);
      paintPixels(view.pixels, { ...this.cropped, pixels: sample(this.cropped, grid, BILINEAR) });
      drawFrame(view.overlay, view.colour, this.data.colours.corner);
    });
  }

  /** The crop, as Python makes it: where the photograph has more pixels, the mean of several. */
  cut(crop) {
    const { photograph, side } = this.data;
    const times = oversampling(crop, photograph, side);
    if (this.cutter?.times !== times) this.cutter = { times, form: affine([times * side, times * side]) };
    const grid = points(this.cutter.form, crop, this.cutter.form.target);
    const { channels } = photograph;
    const pixels = sample(photograph, grid, BORDER);
    const whole = [times * side, times * side];
    this.cropped = times > 1 ? pool(pixels, channels, whole, times) : { pixels, channels, height: side, width: side };
    this.image = { ...this.cropped, values: this.cropped.pixels.map((value) => value / 255) };
    this.crop = crop;
    if (!this.thetas?.length) paintPixels(this.us[0].pixels, this.cropped);
    paintPixels(this.photo.pixels, photograph);
  }

  drawFrames() {
    const { colours } = this.data;
    const outline = (theta, colour) => ({ grid: points(this.inner, theta, this.inner.latticeTarget), colour });
    const { lattice } = this.inner;
    const frames = this.products.map((theta, n) => outline(product(this.crop, theta), colours.frames[n]));
    drawGrids(this.photo.overlay, [outline(this.crop, colours.crop), ...frames], lattice, colours.corner);
    this.thetas.forEach((theta, n) => drawGrids(this.us[n].overlay, [outline(theta, colours.frames[n])], lattice, colours.corner));
    this.vs.forEach(({ overlay, colour }) => drawFrame(overlay, colour, colours.corner));
  }

  /** Choose which of a transformer's maps is shown. @param {number|null} channel */
  choose(n, channel) {
    this.channels[n] = channel;
    this.paintMaps(n);
  }

  /** The maps before the n-th transformer are others. */
  paintMaps(n) {
    if (n >= this.vs.length) return;
    this.shown ??= [];
    this.shown[n] = n === 0 ? this.cropped : shownMap(this.maps.before[n], this.channels[n]);
    paintPixels(this.us[n].pixels, this.shown[n]);
    this.paintOutput(n);
  }

  /** Sampling is linear: the mean of V's maps is the mean of U's, sampled. */
  paintOutput(n) {
    const source = this.shown?.[n];
    if (!source || !this.thetas) return;
    const grid = points(this.forms[n], this.thetas[n], this.forms[n].target);
    paintPixels(this.vs[n].pixels, { ...source, pixels: sample(source, grid, BILINEAR) });
  }

  redraw() {
    if (this.crop) this.show(this.crop, this.thetas);
  }
}

/** How many of a photograph's pixels a crop's has in either direction: MAX_OVERSAMPLING at most. */
export function oversampling([a, b, , c, d], { height, width }, side) {
  const along = Math.max(Math.hypot(a * width, c * height), Math.hypot(b * width, d * height)) / side;
  return Math.min(MAX_OVERSAMPLING, Math.max(1, Math.ceil(along - 1e-6)));
}
