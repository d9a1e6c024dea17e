/** Volumes: a digit extruded, turned and moved, read at T_θ(G), projected (App. A.3). */

const RADIANS = Math.PI / 180;

/** Matrices are nine numbers, row by row; θ is twelve, three rows of four (Eq. 10). */
export const multiply = (a, b) =>
  [0, 3, 6].flatMap((r) => [0, 1, 2].map((c) => a[r] * b[c] + a[r + 1] * b[3 + c] + a[r + 2] * b[6 + c]));
export const transpose = (m) => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
export const apply = (m, [x, y, z]) => [0, 3, 6].map((r) => m[r] * x + m[r + 1] * y + m[r + 2] * z);
export const matrixOf = (theta) => [0, 4, 8].flatMap((r) => theta.slice(r, r + 3));
export const shiftOf = (theta) => [theta[3], theta[7], theta[11]];
export const thetaOf = (m, shift) => [0, 1, 2].flatMap((r) => [...m.slice(3 * r, 3 * r + 3), shift[r]]);

/** Rx · Ry · Rz, as ``transforms.euler_rotation`` has it. */
export function rotation(degrees) {
  const [cx, cy, cz] = degrees.map((angle) => Math.cos(angle * RADIANS));
  const [sx, sy, sz] = degrees.map((angle) => Math.sin(angle * RADIANS));
  const about = [
    [1, 0, 0, 0, cx, -sx, 0, sx, cx],
    [cy, 0, sy, 0, 1, 0, -sy, 0, cy],
    [cz, -sz, 0, sz, cz, 0, 0, 0, 1],
  ];
  return multiply(multiply(about[0], about[1]), about[2]);
}

/** The degrees about x, y and z of a rotation: the inverse of ``rotation``. */
export function degreesOf(m) {
  const y = Math.asin(Math.max(-1, Math.min(1, m[2])));
  const level = Math.abs(m[2]) > 1 - 1e-9; // x and z turn about the same axis: all of it is x's
  const x = level ? Math.atan2(m[7], m[4]) : Math.atan2(-m[5], m[8]);
  const z = level ? 0 : Math.atan2(-m[1], m[0]);
  return [x, y, z].map((angle) => angle / RADIANS);
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

export const POSE = [
  ...["x", "y", "z"].map((n) => ({ name: `turn ${n}`, range: [-180, 180], step: 1 })),
  ...["x", "y", "z"].map((n) => ({ name: `scale ${n}`, range: [-2, 2], step: 0.01 })),
  ...["xy", "xz", "yz"].map((n) => ({ name: `shear ${n}`, range: [-2, 2], step: 0.01 })),
  ...["x", "y", "z"].map((n) => ({ name: `shift ${n}`, range: [-1, 1], step: 0.01 })),
];

/** θ from degrees, scales, shears and shifts: R · [[1, a, b], [0, 1, c], [0, 0, 1]] · diag(scales). */
export function compose([x, y, z, sx, sy, sz, a, b, c, ...shift]) {
  const sheared = [1, a, b, 0, 1, c, 0, 0, 1];
  return thetaOf(multiply(multiply(rotation([x, y, z]), sheared), [sx, 0, 0, 0, sy, 0, 0, 0, sz]), shift);
}

/** The inverse of ``compose``; a mirrored θ has a negative scale in z. */
export function decompose(theta) {
  const m = matrixOf(theta);
  const [p, q, r] = [0, 1, 2].map((c) => [m[c], m[3 + c], m[6 + c]]);
  const sx = Math.hypot(...p) || 1e-9;
  const first = p.map((v) => v / sx);
  const along = dot(first, q);
  const rest = q.map((v, i) => v - along * first[i]);
  const sy = Math.hypot(...rest) || 1e-9;
  const second = rest.map((v) => v / sy);
  const third = cross(first, second);
  const sz = dot(third, r) || 1e-9;
  const turn = degreesOf([0, 1, 2].flatMap((i) => [first[i], second[i], third[i]]));
  return [...turn, sx, sy, sz, along / sy, dot(first, r) / sz, dot(second, r) / sz, ...shiftOf(theta)];
}

export function determinant(m) {
  return dot(m.slice(0, 3), cross(m.slice(3, 6), m.slice(6, 9)));
}

/**
 * From how far aside, in degrees, what stands as one matrix has it is seen along the depth of the
 * other: between their third columns, as ``transforms.facing_degrees``.
 */
export function facingDegrees(m, other) {
  const [one, two] = [m, other].map((matrix) => apply(matrix, [0, 0, 1]));
  return Math.atan2(Math.hypot(...cross(one, two)), dot(one, two)) / RADIANS;
}

/** The inverse of a matrix, or null where it has none. */
export function inverse(m) {
  const det = determinant(m);
  if (Math.abs(det) < 1e-9) return null;
  const rows = [m.slice(0, 3), m.slice(3, 6), m.slice(6, 9)];
  const columns = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])];
  return transpose(columns.flat()).map((v) => v / det);
}

/**
 * A digit as a volume of side³ voxels in [0, 1], plane by plane along z, as
 * ``experiments/volumes.extruded`` makes it.
 * @param {{pixels: Uint8Array, side: number, depth: number}} digit
 * @param {{turn: number[], shift: number[]}} pose  the shift is normalised
 */
export function extrude({ pixels, side: wide, depth }, { turn, shift }, side) {
  const volume = new Float32Array(side ** 3);
  const back = transpose(turn);
  const middle = shift.map((s) => (s * side) / 2 + (side - 1) / 2);
  // Half the frame's lengths, and the half voxel that a reading reaches beyond them.
  const half = [wide / 2 + 0.5, wide / 2 + 0.5, depth / 2 + 0.5];
  const reach = [0, 3, 6].map((r) => half.reduce((sum, h, c) => sum + Math.abs(turn[r + c]) * h, 0));
  const low = middle.map((m, i) => Math.max(0, Math.ceil(m - reach[i])));
  const high = middle.map((m, i) => Math.min(side - 1, Math.floor(m + reach[i])));
  const at = (x, y) => (x >= 0 && y >= 0 && x < wide && y < wide ? pixels[y * wide + x] : 0);
  for (let k = low[2]; k <= high[2]; k++) {
    for (let j = low[1]; j <= high[1]; j++) {
      let [x, y, z] = apply(back, [low[0] - middle[0], j - middle[1], k - middle[2]]);
      x += (wide - 1) / 2;
      y += (wide - 1) / 2;
      for (let i = low[0]; i <= high[0]; i++, x += back[0], y += back[3], z += back[6]) {
        const ramp = depth / 2 + 0.5 - Math.abs(z);
        if (ramp <= 0 || x <= -1 || y <= -1 || x >= wide || y >= wide) continue;
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const [u, v] = [x - left, y - top];
        const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
        const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
        volume[(k * side + j) * side + i] = ((upper * (1 - v) + lower * v) / 255) * Math.min(1, ramp);
      }
    }
  }
  return volume;
}

const centres = (count) => [...Array(count).keys()].map((i) => (2 * i + 1) / count - 1);

/** V: a volume of side³ voxels read trilinearly at T_θ(G) (Eq. 9, 10), G of count³ voxels, or of planes at these depths. */
export function read(volume, side, theta, count, depths = centres(count)) {
  const output = new Float32Array(count * count * depths.length);
  const m = matrixOf(theta);
  const shift = shiftOf(theta);
  const step = [0, 3, 6].map((r) => (m[r] * side) / count); // from one output voxel to the next
  const across = centres(count);
  let n = 0;
  for (const depth of depths) {
    for (let j = 0; j < count; j++) {
      let [x, y, z] = apply(m, [across[0], across[j], depth]).map(
        (value, axis) => ((value + shift[axis] + 1) * side - 1) / 2
      );
      for (let i = 0; i < count; i++, n++, x += step[0], y += step[1], z += step[2]) {
        if (x <= -1 || y <= -1 || z <= -1 || x >= side || y >= side || z >= side) continue;
        const [a, b, c] = [Math.floor(x), Math.floor(y), Math.floor(z)];
        const [u, v, w] = [x - a, y - b, z - c];
        let sum = 0;
        for (let corner = 0; corner < 8; corner++) {
          const [right, lower, deeper] = [corner & 1, (corner >> 1) & 1, corner >> 2];
          const [p, q, r] = [a + right, b + lower, c + deeper];
          if (p < 0 || q < 0 || r < 0 || p >= side || q >= side || r >= side) continue;
          const weight = (right ? u : 1 - u) * (lower ? v : 1 - v) * (deeper ? w : 1 - w);
          sum += weight * volume[(r * side + q) * side + p];
        }
        output[n] = sum;
      }
    }
  }
  return output;
}

/** W: the sum over the depth, side² pixels. */
export function project(volume, side) {
  const flat = new Float32Array(side * side);
  for (let n = 0; n < volume.length; n++) flat[n % flat.length] += volume[n];
  return flat;
}

/** A plane of constant depth. */
export const slice = (volume, side, k) => volume.subarray(k * side * side, (k + 1) * side * side);

const INK = 0.25; // a voxel that is seen

/** The voxels at the surface: x, y, z (normalised), the normal, and the value, seven numbers each. */
export function surface(volume, side) {
  const result = [];
  const plane = side * side;
  const at = (n, inside) => (inside ? volume[n] : 0);
  for (let n = 0; n < volume.length; n++) {
    if (volume[n] < INK) continue;
    const [i, j, k] = [n % side, Math.floor(n / side) % side, Math.floor(n / plane)];
    const around = [
      at(n - 1, i > 0), at(n + 1, i < side - 1),
      at(n - side, j > 0), at(n + side, j < side - 1),
      at(n - plane, k > 0), at(n + plane, k < side - 1),
    ]; // prettier-ignore
    if (around.every((value) => value >= INK)) continue;
    const slope = [around[0] - around[1], around[2] - around[3], around[4] - around[5]];
    const length = Math.hypot(...slope) || 1;
    const centre = (index) => (2 * index + 1) / side - 1;
    result.push(centre(i), centre(j), centre(k), ...slope.map((v) => v / length), Math.min(1, volume[n]));
  }
  return Float32Array.from(result);
}
