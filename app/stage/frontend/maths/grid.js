/** The sampling grid T_θ(G) = M_θ B. Nothing here knows a family: M_θ is slope · θ + offset. */

/**
 * @typedef {object} Form  M_θ as it comes from Python
 * @property {number} rows  R: 2 coordinates, or 3 rows of which the last divides the others
 * @property {number} columns  K
 * @property {Float32Array} slope  (R, K, P)
 * @property {Float32Array} offset  (R, K)
 * @property {boolean} divide
 */

const MIN_DENOMINATOR = 1e-6; // as in stn_core/transforms.py

/**
 * M_θ: (R, K), row by row.
 * @param {Form} form
 * @param {ArrayLike<number>} theta  (P,)
 */
export function matrix(form, theta) {
  const result = Float64Array.from(form.offset);
  const params = theta.length;
  for (let entry = 0; entry < result.length; entry++) {
    for (let p = 0; p < params; p++) result[entry] += form.slope[entry * params + p] * theta[p];
  }
  return result;
}

/** M_θ B before any division: (R, N). */
function rowsOf(form, theta, target) {
  const { rows, columns } = form;
  const m = matrix(form, theta);
  const count = target.length / columns;
  const sums = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < columns; k++) {
      const weight = m[r * columns + k];
      if (weight === 0) continue;
      for (let i = 0; i < count; i++) sums[r * count + i] += weight * target[k * count + i];
    }
  }
  return sums;
}

/** The denominators of the projective family; 1 for the others. */
function denominators({ divide }, sums, count) {
  const w = new Float64Array(count).fill(1);
  for (let i = 0; divide && i < count; i++) {
    const value = sums[2 * count + i];
    w[i] = Math.abs(value) < MIN_DENOMINATOR ? (value < 0 ? -1 : 1) * MIN_DENOMINATOR : value;
  }
  return w;
}

/**
 * The source points of B's target points: normalised (x, y) pairs, (N, 2).
 * @param {Form} form
 * @param {ArrayLike<number>} theta  (P,)
 * @param {Float32Array} target  B: (K, N)
 */
export function points(form, theta, target) {
  const count = target.length / form.columns;
  const sums = rowsOf(form, theta, target);
  const w = denominators(form, sums, count);
  const result = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    result[2 * i] = sums[i] / w[i];
    result[2 * i + 1] = sums[count + i] / w[i];
  }
  return result;
}

/**
 * Which output pixels are read by a grid that is turned over there: a negative Jacobian of T_θ.
 * So is a mirrored grid everywhere, a folded one in places, a projective one beyond its horizon.
 * @param {Float32Array} target  B at the output pixels
 * @param {[number, number]} size  H', W'
 * @returns {Uint8Array} (H'W',) 1 where it is
 */
export function turnedOver(form, theta, target, [height, width]) {
  const count = height * width;
  const sums = rowsOf(form, theta, target);
  const w = denominators(form, sums, count);
  const result = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const column = i % width;
    const [west, east] = [column > 0 ? i - 1 : i, column < width - 1 ? i + 1 : i];
    const [north, south] = [i >= width ? i - width : i, i < count - width ? i + width : i];
    const at = (r, j) => (r === 2 ? w[j] : sums[r * count + j]);
    const [x, y] = [at(0, i), at(1, i)];
    const [xu, yu, wu] = [0, 1, 2].map((r) => at(r, east) - at(r, west));
    const [xv, yv, wv] = [0, 1, 2].map((r) => at(r, south) - at(r, north));
    // The Jacobian of (X/W, Y/W) is the determinant of (X, Y, W) and its two slopes, over W³.
    const det = x * (yu * wv - wu * yv) - y * (xu * wv - wu * xv) + w[i] * (xu * yv - yu * xv);
    result[i] = det * w[i] < 0 ? 1 : 0;
  }
  return result;
}

/**
 * A loss's gradient with respect to θ from that with respect to the grid's points (Eq. 7).
 * @param {Float32Array} pull  ∂L/∂(x^s, y^s), normalised: (N, 2)
 * @returns {number[]} ∂L/∂θ: (P,)
 */
export function chain(form, theta, target, pull) {
  const { rows, columns, slope } = form;
  const count = target.length / columns;
  const sums = rowsOf(form, theta, target);
  const w = denominators(form, sums, count);
  const entries = new Float64Array(rows * columns); // ∂L/∂M_θ
  for (let i = 0; i < count; i++) {
    const [px, py] = [pull[2 * i] / w[i], pull[2 * i + 1] / w[i]];
    if (px === 0 && py === 0) continue;
    const along = [px, py, -(px * sums[i] + py * sums[count + i]) / w[i]];
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < columns; k++) entries[r * columns + k] += along[r] * target[k * count + i];
    }
  }
  return Array.from(theta, (_, p) =>
    entries.reduce((total, entry, e) => total + entry * slope[e * theta.length + p], 0)
  );
}

/** The θ at a share of the way from one to another. */
export function between(from, to, share) {
  return from.map((value, p) => value + (to[p] - value) * share);
}
