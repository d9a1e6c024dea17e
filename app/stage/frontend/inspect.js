/** Point at a pixel of V: where it is read from, and Eq. 5 with its numbers. Or at one of U. */
import { markPixel, markPoint, wipe } from "./drawing.js";
import { ARROWS } from "./handles.js";
import { taps, toPixels } from "./sampling.js";

const HINT =
  "Point at a pixel of V to see where it is read from, or at one of U to see which pixels of V " +
  "read it. By keyboard: Tab to V, then the arrow keys.";
const VISIBLE = 0.001; // a weight below this is rounding

export class Inspector {
  /** @param {import("./pair.js").Pair} pair  with a V */
  constructor(pair) {
    this.pair = pair;
    this.note = document.createElement("p");
    this.note.className = "note";
    this.note.setAttribute("aria-live", "polite");
    this.marks = { U: this.canvas(pair.u.square), V: this.canvas(pair.v.square) };
    const { square } = pair.v;
    square.tabIndex = 0;
    square.onpointermove = (event) => this.read(this.pixelAt(event, pair.v));
    pair.u.square.addEventListener("pointermove", (event) => {
      if (event.buttons === 0) this.readers(this.pixelAt(event, pair.u));
    });
    for (const pane of [pair.u, pair.v]) pane.square.onpointerleave = () => this.clear();
    square.onblur = () => this.clear();
    square.onkeydown = (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      const [height, width] = pair.data.outputSize;
      const [x, y] = this.output ?? [width >> 1, height >> 1];
      const clamp = (v, n) => Math.max(0, Math.min(n - 1, v));
      this.read([clamp(x + arrow[0], width), clamp(y + arrow[1], height)]);
    };
    this.clear();
  }

  canvas(square) {
    const canvas = document.createElement("canvas");
    canvas.className = "overlay";
    square.append(canvas);
    return canvas;
  }

  /** The pixel (column, row) under a pointer; outside of the image there is none. */
  pixelAt(event, pane) {
    const box = pane.pixels.getBoundingClientRect();
    const { width, height } = pane.pixels;
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    return column >= 0 && row >= 0 && column < width && row < height ? [column, row] : null;
  }

  clear() {
    this.output = null;
    this.input = null;
    Object.values(this.marks).forEach(wipe);
    this.note.textContent = HINT;
  }

  /** θ has changed: the pixel that is pointed at stays. */
  refresh() {
    if (this.output) this.read(this.output);
    else if (this.input) this.readers(this.input);
  }

  /** Where in U the output pixel (column, row) is read from. */
  read(pixel) {
    if (!pixel) return this.clear();
    this.output = pixel;
    this.input = null;
    const { grid, item, data } = this.pair;
    const [height, width] = data.inputSize;
    const i = pixel[1] * data.outputSize[1] + pixel[0];
    const [x, y] = toPixels(grid, i, height, width);
    const found = taps(x, y, height, width);
    wipe(this.marks.U);
    wipe(this.marks.V);
    markPixel(this.marks.V, pixel, data.outputSize, 1);
    for (const { column, row, u, v } of found) {
      markPixel(this.marks.U, [column, row], data.inputSize, u * v);
    }
    markPoint(this.marks.U, [x, y], data.inputSize);
    let value = 0;
    const terms = found.map(({ column, row, u, v }) => {
      const grey = item.image[row * width + column] / 255;
      value += grey * u * v;
      return `${grey.toFixed(2)}·${u.toFixed(2)}·${v.toFixed(2)}`;
    });
    const place = `(x, y) = (${x.toFixed(2)}, ${y.toFixed(2)})`;
    this.note.innerHTML =
      `V at (${pixel}) is read from U at ${place}. Eq. 5, the sum of U<sub>nm</sub> · ` +
      `max(0, 1 − |x − m|) · max(0, 1 − |y − n|): ` +
      (terms.length
        ? `${terms.join(" + ")} = <b>${value.toFixed(2)}</b>`
        : "all outside of U = <b>0</b>");
  }

  /** Which output pixels read the input pixel (column, row). */
  readers(pixel) {
    if (!pixel) return this.clear();
    this.input = pixel;
    this.output = null;
    const { grid, data } = this.pair;
    const [height, width] = data.inputSize;
    const columns = data.outputSize[1];
    wipe(this.marks.U);
    wipe(this.marks.V);
    markPixel(this.marks.U, pixel, data.inputSize, 1);
    let count = 0;
    for (let i = 0; i < grid.length / 2; i++) {
      const [x, y] = toPixels(grid, i, height, width);
      const weight = Math.max(0, 1 - Math.abs(x - pixel[0])) * Math.max(0, 1 - Math.abs(y - pixel[1]));
      if (weight < VISIBLE) continue;
      count += 1;
      markPixel(this.marks.V, [i % columns, Math.floor(i / columns)], data.outputSize, weight);
    }
    this.note.textContent =
      `U at (${pixel}) is read by ${count} pixel${count === 1 ? "" : "s"} of V` +
      (count ? ", the brighter the more." : ": the transformer does not look there.");
  }
}
