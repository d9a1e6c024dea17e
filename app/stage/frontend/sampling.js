/** V = U read at the grid by the bilinear kernel (Eq. 5); outside the image it is 0. */

/** Grid point i in U's pixels, whose centres are at the integers: (x, y). */
export function toPixels(grid, i, height, width) {
  return [((grid[2 * i] + 1) * width - 1) / 2, ((grid[2 * i + 1] + 1) * height - 1) / 2];
}

/**
 * The pixels inside the image that a point reads, with their weights in x (u) and y (v).
 * @returns {{column: number, row: number, u: number, v: number}[]} at most four
 */
export function taps(x, y, height, width) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const found = [];
  for (const row of [top, top + 1]) {
    for (const column of [left, left + 1]) {
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      found.push({ column, row, u: 1 - Math.abs(x - column), v: 1 - Math.abs(y - row) });
    }
  }
  return found;
}

/**
 * @param {Uint8Array} image  U: (H, W), row by row
 * @param {number} height
 * @param {number} width
 * @param {Float32Array} grid  normalised (x, y) pairs; ±1 are the outer edges of the border pixels
 * @returns {Uint8ClampedArray} one value for each pair
 */
export function sample(image, height, width, grid) {
  const output = new Uint8ClampedArray(grid.length / 2);
  for (let i = 0; i < output.length; i++) {
    const [x, y] = toPixels(grid, i, height, width);
    if (!(x > -1 && y > -1 && x < width && y < height)) continue; // NaN, too, reads nothing
    let value = 0;
    for (const { column, row, u, v } of taps(x, y, height, width)) {
      value += image[row * width + column] * u * v;
    }
    output[i] = value;
  }
  return output;
}
