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

/**
 * The source points of B's target points: normalised (x, y) pairs, (N, 2).
 * @param {Form} form
 * @param {ArrayLike<number>} theta  (P,)
 * @param {Float32Array} target  B: (K, N)
 */
export function points(form, theta, target) {
  const { rows, columns, divide } = form;
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
  const result = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    let w = divide ? sums[2 * count + i] : 1;
    if (Math.abs(w) < MIN_DENOMINATOR) w = w < 0 ? -MIN_DENOMINATOR : MIN_DENOMINATOR;
    result[2 * i] = sums[i] / w;
    result[2 * i + 1] = sums[count + i] / w;
  }
  return result;
}

/** The θ at a share of the way from one to another. */
export function between(from, to, share) {
  return from.map((value, p) => value + (to[p] - value) * share);
}
