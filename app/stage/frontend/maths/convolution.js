/** A convolution of stride 1, without padding, as one product of matrices (im2col). */
import { COLUMNS, Product, ROWS } from "./product.js";

/** Of one layer, on maps of one size: its weights, as the product has them, are laid out once. */
export class Convolution {
  /** @param {import("./layers.js").Layer} layer  @param {import("./layers.js").Maps} maps */
  constructor({ weight, outputs, inputs, kernel }, { height, width }) {
    Object.assign(this, { inputs, kernel, outputs, from: { height, width } });
    [this.height, this.width] = [height - kernel + 1, width - kernel + 1];
    const depth = inputs * kernel * kernel;
    const count = this.height * this.width;
    this.product = new Product(Math.ceil(outputs / ROWS), depth, Math.ceil(count / COLUMNS));
    // Where the first tap of an output is in its map; the columns beyond are of the first output.
    this.at = Int32Array.from({ length: this.product.panels * COLUMNS }, (_, n) =>
      n < count ? Math.floor(n / this.width) * width + (n % this.width) : 0
    );
    const { a } = this.product;
    for (let o = 0; o < outputs; o++) {
      const to = Math.floor(o / ROWS) * depth * ROWS + (o % ROWS);
      for (let tap = 0; tap < depth; tap++) a[to + tap * ROWS] = weight[o * depth + tap];
    }
  }

  /** Whether it is for maps of this size. */
  fits({ height, width }) {
    return this.from.height === height && this.from.width === width;
  }

  /** @returns {Float32Array} (O, H', W') */
  of(maps, bias) {
    this.gather(maps.values);
    this.product.run();
    const { c, panels } = this.product;
    const count = this.height * this.width;
    const values = new Float32Array(this.outputs * count);
    for (let o = 0; o < this.outputs; o++) {
      const from = o * panels * COLUMNS;
      for (let n = 0; n < count; n++) values[o * count + n] = c[from + n] + bias[o];
    }
    return values;
  }

  /** B: for each tap the values that it meets, by eight outputs. */
  gather(values) {
    const { at, inputs, kernel, from } = this;
    const { b, panels } = this.product;
    let to = 0;
    for (let panel = 0; panel < panels; panel++) {
      const [a0, a1, a2, a3, a4, a5, a6, a7] = at.subarray(panel * COLUMNS, (panel + 1) * COLUMNS);
      for (let i = 0; i < inputs; i++) {
        for (let dy = 0; dy < kernel; dy++) {
          const row = (i * from.height + dy) * from.width;
          for (let tap = row; tap < row + kernel; tap++, to += COLUMNS) {
            b[to] = values[tap + a0];
            b[to + 1] = values[tap + a1];
            b[to + 2] = values[tap + a2];
            b[to + 3] = values[tap + a3];
            b[to + 4] = values[tap + a4];
            b[to + 5] = values[tap + a5];
            b[to + 6] = values[tap + a6];
            b[to + 7] = values[tap + a7];
          }
        }
      }
    }
  }
}
