/**
 * θ from where points of the grid should lie: least squares, whatever the family.
 * Its M_θ is affine in θ, so that each coordinate is one linear equation in θ.
 */

const RIDGE = 1e-7; // holds what the points leave open at the θ that was

/**
 * @param {import("./grid.js").Form} form
 * @param {Float32Array} target  B at the points: (K, H)
 * @param {number[][]} positions  where each point should lie, normalised (x, y): (H, 2)
 * @param {number[]} theta  the θ that was: (P,)
 * @returns {number[]} the θ whose T_θ comes nearest to these positions
 */
export function fit(form, target, positions, theta) {
  const params = theta.length;
  const count = positions.length;
  // The normal equations, (AᵀA + λ) θ = Aᵀb + λ θ_before, row by row of A.
  const normal = theta.map((value, p) => {
    const row = new Float64Array(params + 1);
    row[p] = RIDGE;
    row[params] = RIDGE * value;
    return row;
  });
  /** The coefficients of θ, and the constant, of row r of T_θ at point h. */
  const expand = (r, h) => {
    const result = new Float64Array(params + 1);
    for (let k = 0; k < form.columns; k++) {
      const weight = target[k * count + h];
      const entry = r * form.columns + k;
      for (let p = 0; p < params; p++) result[p] += weight * form.slope[entry * params + p];
      result[params] += weight * form.offset[entry];
    }
    return result;
  };
  for (let h = 0; h < count; h++) {
    const divisor = form.divide ? expand(2, h) : null;
    for (let r = 0; r < 2; r++) {
      const coordinate = positions[h][r];
      // row · θ + constant = coordinate, or coordinate times the divisor's row and constant
      const row = expand(r, h);
      if (divisor) for (let p = 0; p <= params; p++) row[p] -= coordinate * divisor[p];
      const value = (divisor ? 0 : coordinate) - row[params];
      for (let p = 0; p < params; p++) {
        if (row[p] === 0) continue;
        for (let q = 0; q < params; q++) normal[p][q] += row[p] * row[q];
        normal[p][params] += row[p] * value;
      }
    }
  }
  return solve(normal);
}

/** Gaussian elimination with row pivoting of (n, n + 1) equations. */
function solve(rows) {
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot;
    for (let i = pivot + 1; i < size; i++) {
      if (Math.abs(rows[i][pivot]) > Math.abs(rows[best][pivot])) best = i;
    }
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    for (let i = pivot + 1; i < size; i++) {
      const factor = rows[i][pivot] / rows[pivot][pivot];
      for (let j = pivot; j <= size; j++) rows[i][j] -= factor * rows[pivot][j];
    }
  }
  const result = new Array(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let value = rows[i][size];
    for (let j = i + 1; j < size; j++) value -= rows[i][j] * result[j];
    result[i] = value / rows[i][i];
  }
  return result;
}
