/**
 * A spatial transformer on a batch of grey images of one size: the grid T_θ(G) (Eq. 1, 2), V read at
 * it (Eq. 4, 5), and the slopes of θ from those of V (Eq. 7). Outside of U it reads 0.
 */

/** Each: its parameters at the identity, their names, and its affine matrix, 6 numbers from θ. */
export const FAMILIES = {
  affine: { identity: [1, 0, 0, 0, 1, 0], names: ["θ11", "θ12", "θ13", "θ21", "θ22", "θ23"], entries: [[0], [1], [2], [3], [4], [5]] },
  attention: { identity: [1, 0, 0], names: ["s", "t_x", "t_y"], entries: [[0, 4], [2], [5]] },
};

/** The affine matrix of a θ, written to six places of an array. */
export function writeMatrix({ entries }, theta, from, matrix, to) {
  for (let e = 0; e < 6; e++) matrix[to + e] = 0;
  for (let p = 0; p < entries.length; p++) for (const e of entries[p]) matrix[to + e] = theta[from + p];
}

export class Transformer {
  /** @param {number} side  of U and of V, in pixels  @param {number} batch  the most images at a time */
  constructor(side, batch) {
    const pixels = side * side;
    Object.assign(this, { side, pixels });
    this.axis = Float32Array.from({ length: side }, (_, i) => (2 * i + 1) / side - 1); // x^t and y^t
    this.output = new Float32Array(batch * pixels);
    this.slopeX = new Float32Array(batch * pixels); // ∂V/∂x^s and ∂V/∂y^s, for a pixel of U
    this.slopeY = new Float32Array(batch * pixels);
    this.wanted = new Float32Array(batch * pixels); // 0 where neither is any
    this.matrixSlope = new Float64Array(batch * 6);
  }

  /**
   * @param {Float32Array} images  (count, side²)  @param {Float32Array} matrices  (count, 6)
   * @param {boolean} integer  the kernel of Eq. 4, which has no slope
   * @returns {Float32Array} V, (count, side²), the transformer's own
   */
  forward(images, matrices, count, integer = false) {
    const { side, pixels, axis, output, slopeX, slopeY, wanted } = this;
    const { fround } = Math;
    const half = side / 2;
    for (let b = 0; b < count; b++) {
      const m = b * 6;
      const from = b * pixels;
      const a = matrices[m];
      const c = matrices[m + 1];
      const d = matrices[m + 3];
      const e = matrices[m + 4];
      const s = matrices[m + 2];
      const t = matrices[m + 5];
      for (let row = 0, at = from; row < side; row++) {
        const v = axis[row];
        for (let column = 0; column < side; column++, at++) {
          // In U's pixels, whose centres are at the integers: ((x^s + 1) side − 1) / 2. Rounded as torch
          // does: at the identity, where bilinear reading has two slopes, both take the same one.
          const x = fround(fround(fround(a * axis[column] + c * v + s) + 1) * half) - 0.5;
          const y = fround(fround(fround(d * axis[column] + e * v + t) + 1) * half) - 0.5;
          slopeX[at] = slopeY[at] = wanted[at] = output[at] = 0;
          if (!(x > -1 && y > -1 && x < side && y < side)) continue;
          if (integer) {
            const i = Math.floor(x + 0.5);
            const j = Math.floor(y + 0.5);
            if (i >= 0 && j >= 0 && i < side && j < side) output[at] = images[from + j * side + i];
            continue;
          }
          const i = Math.floor(x);
          const j = Math.floor(y);
          const p = x - i;
          const q = y - j;
          const corner = from + j * side + i;
          const top = j >= 0;
          const bottom = j < side - 1;
          const left = i >= 0;
          const right = i < side - 1;
          const nw = top && left ? images[corner] : 0;
          const ne = top && right ? images[corner + 1] : 0;
          const sw = bottom && left ? images[corner + side] : 0;
          const se = bottom && right ? images[corner + side + 1] : 0;
          const above = nw + p * (ne - nw);
          const below = sw + p * (se - sw);
          output[at] = above + q * (below - above);
          const sx = ne - nw + q * (se - sw - ne + nw);
          const sy = below - above;
          slopeX[at] = sx;
          slopeY[at] = sy;
          if (sx !== 0 || sy !== 0) wanted[at] = 1;
        }
      }
    }
    return output;
  }

  /**
   * @param {Float32Array} slope  of V, (count, side²)
   * @returns {Float64Array} of the matrices, (count, 6), the transformer's own
   */
  backward(slope, count) {
    const { side, pixels, axis, slopeX, slopeY, matrixSlope } = this;
    const half = side / 2; // of a normalised coordinate, in pixels
    for (let b = 0; b < count; b++) {
      let xu = 0;
      let xv = 0;
      let x1 = 0;
      let yu = 0;
      let yv = 0;
      let y1 = 0;
      for (let row = 0, at = b * pixels; row < side; row++) {
        const v = axis[row];
        for (let column = 0; column < side; column++, at++) {
          const u = axis[column];
          const px = slope[at] * slopeX[at];
          const py = slope[at] * slopeY[at];
          xu += px * u;
          xv += px * v;
          x1 += px;
          yu += py * u;
          yv += py * v;
          y1 += py;
        }
      }
      const to = b * 6;
      matrixSlope[to] = xu * half;
      matrixSlope[to + 1] = xv * half;
      matrixSlope[to + 2] = x1 * half;
      matrixSlope[to + 3] = yu * half;
      matrixSlope[to + 4] = yv * half;
      matrixSlope[to + 5] = y1 * half;
    }
    return matrixSlope;
  }
}
