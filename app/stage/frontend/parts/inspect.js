/** Point at a pixel of V: where it is read from, and the kernel's sum with its numbers. Or at U. */
import { element } from "../dom.js";
import { slopes, taps, toPixels } from "../maths/sampling.js";
import { markPixel, markPoint, wipe } from "./drawing.js";
import { arrowOf } from "./handles.js";
import { signed } from "./numbers.js";

const HINT =
  "Point at a pixel of V to see where in U it is read, or at a pixel of U to see which pixels of " +
  "V use it. With the keyboard: Tab to V, then the arrow keys.";
const VISIBLE = 0.001; // a weight below this is rounding
const MAX_TERMS = 4; // of the sum that are written out

export class Inspector {
  /** @param {import("./pair.js").Pair} pair  with a V */
  constructor(pair) {
    this.pair = pair;
    this.note = element("p", { className: "note" });
    this.note.setAttribute("aria-live", "polite");
    this.pointed = null; // {n, pixel}, with n the transformer, or none where U is pointed at
    /** @type {(read: {pixel: number[], at: number[]}|null) => void}  of V, and where in U it is read, in pixels */
    this.onRead = () => {};
    for (const pane of [...pair.us, ...pair.vs.flat()]) {
      pane.marks = element("canvas", { className: "overlay" });
      pane.square.append(pane.marks);
      pane.square.onpointerleave = () => this.clear();
    }
    const onTap = (pane, n) => pane.square.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && !event.target.closest("button")) this.point(this.pixelAt(event, pane), n);
    });
    pair.us.forEach((pane) => onTap(pane));
    pair.vs.forEach((panes, n) => panes.forEach((pane) => onTap(pane, n)));
    for (const pane of pair.us) {
      pane.square.addEventListener("pointerdown", () => this.clear(), true); // no mark stays behind a drag
      pane.square.addEventListener("pointermove", (event) => {
        if (event.buttons === 0) this.point(this.pixelAt(event, pane));
      });
    }
    pair.vs.forEach((panes, n) => panes.forEach((pane) => this.listen(pane, n)));
    this.clear();
  }

  listen(pane, n) {
    const { square } = pane;
    square.tabIndex = 0;
    square.onpointermove = (event) => this.point(this.pixelAt(event, pane), n);
    square.onblur = () => this.clear();
    square.onkeydown = (event) => {
      const arrow = arrowOf(event);
      if (!arrow) return;
      event.preventDefault();
      const { width, height } = this.pair.shape;
      const [x, y] = this.pointed?.n === n ? this.pointed.pixel : [width >> 1, height >> 1];
      const clamp = (v, count) => Math.max(0, Math.min(count - 1, v));
      this.point([clamp(x + arrow[0], width), clamp(y + arrow[1], height)], n);
    };
  }

  /** The pixel (column, row) under a pointer; outside of the image there is none. */
  pixelAt(event, pane) {
    const box = pane.pixels.getBoundingClientRect();
    const { width, height } = pane.pixels;
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    return column >= 0 && row >= 0 && column < width && row < height ? [column, row] : null;
  }

  wipe() {
    [...this.pair.us, ...this.pair.vs.flat()].forEach(({ marks }) => wipe(marks));
  }

  clear() {
    this.pointed = null;
    this.onRead(null);
    this.wipe();
    this.note.replaceChildren(element("span", { className: "hint", textContent: HINT }));
  }

  point(pixel, n) {
    if (!pixel) return this.clear();
    this.pointed = { pixel, n };
    this.wipe();
    if (n === undefined) {
      this.onRead(null);
      this.readers(pixel);
    } else this.read(pixel, n);
  }

  /** θ has changed: the pixel that is pointed at stays. */
  refresh() {
    if (this.pointed) this.point(this.pointed.pixel, this.pointed.n);
  }

  /** Where in U the output pixel (column, row) of a transformer is read from. */
  read(pixel, n) {
    const { pair } = this;
    const { reading } = pair.data;
    const { source } = pair;
    const i = pixel[1] * pair.shape.width + pixel[0];
    const [x, y] = toPixels(pair.grids[n], i, source, reading.padding);
    const pixels = taps(x, y, source, reading.kernel);
    const size = [source.height, source.width];
    for (const { marks } of pair.vs[n]) markPixel(marks, pixel, [pair.shape.height, pair.shape.width], 1);
    for (const { marks } of pair.us) {
      const heaviest = Math.max(1, ...pixels.map(({ u, v }) => Math.abs(u * v)));
      for (const { column, row, u, v } of pixels) {
        markPixel(marks, [column, row], size, Math.abs(u * v) / heaviest);
      }
      markPoint(marks, [x, y], size);
    }
    this.onRead({ pixel, at: [x, y] });
    const { name } = pair.data.transformers[n];
    this.note.innerHTML =
      `${name ? `${name}: ` : ""}V at (${pixel}) is read in U at (x, y) = (${signed(x)}, ${signed(y)}). ` +
      `${formula(reading.kernel)}: ${sum(source, pixels)}` +
      (pair.data.features.gradient ? this.slopes(i, n) : "");
  }

  /** Eq. 7 at output pixel i: how V changes there when its source moves by a pixel. */
  slopes(i, n) {
    const { pair } = this;
    const at = pair.grids[n].subarray(2 * i, 2 * i + 2);
    const [dx, dy] = slopes(pair.source, at, pair.data.reading).map((values) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length / 255;
            return signed(mean);
    });
    return `. Eq. 7: ∂V/∂x = <b>${dx}</b>, ∂V/∂y = <b>${dy}</b> per pixel`;
  }

  /** Which output pixels read the input pixel (column, row). */
  readers(pixel) {
    const { pair } = this;
    const { source } = pair;
    const { kernel, padding } = pair.data.reading;
    const { height, width } = pair.shape;
    for (const { marks } of pair.us) markPixel(marks, pixel, [source.height, source.width], 1);
    const counts = pair.vs.map(() => 0);
    pair.vs.forEach((panes, n) => {
      const grid = pair.grids[n];
      for (let i = 0; i < grid.length / 2; i++) {
        const [x, y] = toPixels(grid, i, source, padding);
        const [dx, dy] = [x - pixel[0], y - pixel[1]];
        if (Math.abs(dx) > kernel.radius || Math.abs(dy) > kernel.radius) continue;
        const weight = Math.abs(kernel.value(dx) * kernel.value(dy));
        if (weight < VISIBLE) continue;
        counts[n] += 1;
        const at = [i % width, Math.floor(i / width)];
        for (const { marks } of panes) markPixel(marks, at, [height, width], Math.min(1, weight));
      }
    });
    const { transformers } = pair.data;
    const by = (n) => (transformers.length > 1 ? ` of ${transformers[n].name}` : "");
    const readers = counts.map((count, n) => `${count} output pixel${count === 1 ? "" : "s"}${by(n)}`);
    const verb = counts.length === 1 && counts[0] === 1 ? "uses" : "use";
    this.note.textContent =
      `U at (${pixel}): ${readers.join(" and ")} ${verb} this pixel` +
      (counts.some(Boolean) ? "; brighter means more weight." : ". The grid does not reach it.");
  }
}

/** A kernel's equation, in words. */
const formula = ({ equation }) =>
  equation === "Eq. 5"
    ? "The paper’s Eq. 5, the sum of U<sub>nm</sub> · max(0, 1 − |x − m|) · max(0, 1 − |y − n|)"
    : `${equation}, the sum of U<sub>nm</sub> · k(x − m) · k(y − n)`;

/** The sum over the pixels that are read, with its largest terms. */
function sum(source, pixels) {
  if (!pixels.length) return "all outside of U = <b>0</b>";
  const plane = source.height * source.width;
  const terms = pixels.map(({ column, row, u, v }) => {
    let grey = 0; // the mean of the channels
    for (let c = 0; c < source.channels; c++) {
      grey += source.pixels[c * plane + row * source.width + column] / 255 / source.channels;
    }
    return { words: `${grey.toFixed(2)}·${signed(u)}·${signed(v)}`, value: grey * u * v };
  });
  const value = terms.reduce((total, term) => total + term.value, 0);
  if (terms.length > MAX_TERMS) terms.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const written = terms.slice(0, MAX_TERMS).map(({ words }) => words).join(" + ");
  const rest = terms.length - MAX_TERMS;
  return `${written}${rest > 0 ? ` + ${rest} more` : ""} = <b>${signed(value)}</b>`;
}
