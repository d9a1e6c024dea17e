/** R: digits rotated by an angle that is uniform between two ends, as stn_core/distortions has it (App. A.4). */

const TO_RADIANS = Math.PI / 180;

/**
 * Draw a digit rotated, clockwise on the screen. Outside of it there is 0.
 * @param {Uint8Array} digits  (N, side²), 0 to 255  @param {number} which  of them
 * @param {Float32Array} images  (B, side²), 0 to 1  @param {number} b  which of them is written
 * @param {number} shift  subtracted from every pixel
 */
export function rotate(digits, which, degrees, images, b, side, shift = 0) {
  const cos = Math.cos(degrees * TO_RADIANS);
  const sin = Math.sin(degrees * TO_RADIANS);
  const from = which * side * side;
  const middle = (side - 1) / 2;
  let at = b * side * side;
  for (let row = 0; row < side; row++) {
    const v = row - middle;
    let x = -cos * middle + sin * v + middle;
    let y = sin * middle + cos * v + middle;
    for (let column = 0; column < side; column++, at++, x += cos, y -= sin) {
      images[at] = -shift;
      if (!(x > -1 && y > -1 && x < side && y < side)) continue;
      const i = Math.floor(x);
      const j = Math.floor(y);
      const p = x - i;
      const q = y - j;
      const corner = from + j * side + i;
      const left = i >= 0;
      const right = i < side - 1;
      const above = j >= 0 ? (left ? (1 - p) * digits[corner] : 0) + (right ? p * digits[corner + 1] : 0) : 0;
      const below = j < side - 1 ? (left ? (1 - p) * digits[corner + side] : 0) + (right ? p * digits[corner + side + 1] : 0) : 0;
      images[at] += ((1 - q) * above + q * below) / 255;
    }
  }
}
