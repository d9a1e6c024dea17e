/** V = U read at the grid by the bilinear kernel (Eq. 5); outside the image it is 0. */

/**
 * @param {Uint8Array} image  U: (H, W), row by row
 * @param {number} height
 * @param {number} width
 * @param {Float32Array} grid  normalised (x, y) pairs; ±1 are the outer edges of the border pixels
 * @returns {Uint8ClampedArray} one value for each pair
 */
export function sample(image, height, width, grid) {
  const count = grid.length / 2;
  const output = new Uint8ClampedArray(count);
  for (let i = 0; i < count; i++) {
    const x = ((grid[2 * i] + 1) * width - 1) / 2;
    const y = ((grid[2 * i + 1] + 1) * height - 1) / 2;
    if (!(x > -1 && y > -1 && x < width && y < height)) continue;
    const left = Math.floor(x);
    const top = Math.floor(y);
    const u = x - left;
    const v = y - top;
    let value = 0;
    for (let dy = 0; dy < 2; dy++) {
      const row = top + dy;
      if (row < 0 || row >= height) continue;
      for (let dx = 0; dx < 2; dx++) {
        const column = left + dx;
        if (column < 0 || column >= width) continue;
        value += image[row * width + column] * (dx ? u : 1 - u) * (dy ? v : 1 - v);
      }
    }
    output[i] = value;
  }
  return output;
}
