/** V = U read at the grid by a kernel (Eq. 3), and its slopes (Eq. 7). Outside of U it is 0. */

/**
 * @typedef {object} Source  U
 * @property {ArrayLike<number>} pixels  (C, H, W), 0 to 255
 * @property {number} channels
 * @property {number} height
 * @property {number} width
 *
 * @typedef {object} Reading
 * @property {import("./kernels.js").Kernel} kernel
 * @property {"zeros"|"border"} padding
 * @property {number} [outside]  what zeros stand for where a network has subtracted a mean
 */

/** Grid point i in U's pixels, whose centres are at the integers: (x, y). */
export function toPixels(grid, i, { height, width }, padding) {
  const x = ((grid[2 * i] + 1) * width - 1) / 2;
  const y = ((grid[2 * i + 1] + 1) * height - 1) / 2;
  if (padding !== "border") return [x, y];
  return [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))];
}

/**
 * The pixels of U that a point reads, with their weights in x (u) and y (v).
 * @returns {{column: number, row: number, u: number, v: number}[]}
 */
export function taps(x, y, { height, width }, { radius, value }) {
  const result = [];
  if (!Number.isFinite(x + y)) return result;
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
    const v = value(y - row);
    for (let column = Math.max(0, Math.ceil(x - radius)); v && column <= Math.min(width - 1, x + radius); column++) {
      const u = value(x - column);
      if (u) result.push({ column, row, u, v });
    }
  }
  return result;
}

/**
 * The sum of Eq. 3 with one function along x and one along y.
 * @returns {Float32Array} (C, N)
 */
function sum(source, grid, radius, alongX, alongY, padding) {
  const { pixels, channels, height, width } = source;
  const count = grid.length / 2;
  const output = new Float32Array(channels * count);
  for (let i = 0; i < count; i++) {
    const [x, y] = toPixels(grid, i, source, padding);
    const left = Math.max(0, Math.ceil(x - radius));
    const right = Math.min(width - 1, x + radius); // of a NaN nothing is read
    const bottom = Math.min(height - 1, y + radius);
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
      const v = alongY(y - row);
      if (v === 0) continue;
      for (let column = left; column <= right; column++) {
        const weight = v * alongX(x - column);
        for (let c = 0; c < channels; c++) {
          output[c * count + i] += weight * pixels[(c * height + row) * width + column];
        }
      }
    }
  }
  return output;
}

/**
 * @param {Source} source
 * @param {Float32Array} grid  normalised (x, y) pairs; ±1 are the outer edges of the border pixels
 * @param {Reading} reading
 * @returns {Float32Array} V: (C, N), as bright as U's pixels
 */
export function sample(source, grid, { kernel, padding, outside }) {
  const read = (from) => sum(from, grid, kernel.radius, kernel.value, kernel.value, padding);
  if (!outside) return read(source);
  const shifted = Float32Array.from(source.pixels, (value) => value - outside);
  return read({ ...source, pixels: shifted }).map((value) => value + outside);
}

/** ∂V/∂x^s and ∂V/∂y^s (Eq. 7), for one pixel of U: (C, N) each. */
export function slopes(source, grid, { kernel, padding }) {
  const along = [
    sum(source, grid, kernel.radius, kernel.slope, kernel.value, padding),
    sum(source, grid, kernel.radius, kernel.value, kernel.slope, padding),
  ];
  if (padding === "border") {
    // A point that was moved to the border stays there when the grid moves a little.
    along.forEach((slope, axis) => {
      const count = grid.length / 2;
      const length = axis ? source.height : source.width;
      for (let i = 0; i < count; i++) {
        const at = ((grid[2 * i + axis] + 1) * length - 1) / 2;
        if (at >= 0 && at <= length - 1) continue;
        for (let c = 0; c < source.channels; c++) slope[c * count + i] = 0;
      }
    });
  }
  return along;
}

/** Averages of side × side pixels, as a pooling layer after the transformer takes them. */
export function pool(values, channels, [height, width], side) {
  const [h, w] = [Math.floor(height / side), Math.floor(width / side)];
  const output = new Float32Array(channels * h * w);
  for (let c = 0; c < channels; c++) {
    for (let row = 0; row < h * side; row++) {
      for (let column = 0; column < w * side; column++) {
        const to = (c * h + Math.floor(row / side)) * w + Math.floor(column / side);
        output[to] += values[(c * height + row) * width + column] / (side * side);
      }
    }
  }
  return { pixels: output, channels, height: h, width: w };
}
