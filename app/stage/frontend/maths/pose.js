/** Affine θ (Eq. 1) as rotation, scale, shear and translation, as in stn_core/transforms.py. */

export const POSE = [
  { name: "rotation", unit: "°", range: [-180, 180], step: 1 },
  { name: "scale x", unit: "", range: [-2, 2], step: 0.01 },
  { name: "scale y", unit: "", range: [-2, 2], step: 0.01 },
  { name: "shear", unit: "", range: [-2, 2], step: 0.01 },
  { name: "shift x", unit: "", range: [-2, 2], step: 0.01 },
  { name: "shift y", unit: "", range: [-2, 2], step: 0.01 },
];

const FLAT = 1e-4; // a scale below it leaves the other numbers open

export const determinant = ([a, b, , c, d]) => a * d - b * c;

/** R(rotation) · [[1, shear], [0, 1]] · diag(scale x, scale y), and the translation. */
export function compose([degrees, scaleX, scaleY, shear, x, y]) {
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180));
  return [
    scaleX * cos, scaleY * (shear * cos - sin), x,
    scaleX * sin, scaleY * (shear * sin + cos), y,
  ];
}

/**
 * @param {number[]} theta
 * @param {number[]} before  the pose that was: of the two that θ may be, the nearer one, and what
 *   a θ that is flat leaves open
 */
export function decompose(theta, before) {
  const [a, b, x, c, d, y] = theta;
  const length = Math.hypot(a, c);
  let degrees = length < FLAT ? before[0] : (Math.atan2(c, a) * 180) / Math.PI;
  let scaleX = length;
  const farther = Math.cos(((degrees - before[0]) * Math.PI) / 180) < -1e-6;
  if (farther && (before[1] < 0 || determinant(theta) < 0)) {
    degrees += degrees > 0 ? -180 : 180; // the other way to write a mirror, or a half turn
    scaleX = -length;
  }
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180));
  const scaleY = d * cos - b * sin;
  const across = b * cos + d * sin; // scale y times shear
  return [degrees, scaleX, scaleY, Math.abs(scaleY) < FLAT ? before[3] : across / scaleY, x, y];
}

/** The θ that reads what was drawn with this one. */
export function invert([a, b, x, c, d, y]) {
  const det = a * d - b * c;
  const [ia, ib, ic, id] = [d / det, -b / det, -c / det, a / det];
  return [ia, ib, -(ia * x + ib * y), ic, id, -(ic * x + id * y)];
}

/** The affine map that is first the second of two, then the first. */
export const product = ([a, b, x, c, d, y], [e, f, u, g, h, v]) => [
  a * e + b * g, a * f + b * h, a * u + b * v + x,
  c * e + d * g, c * f + d * h, c * u + d * v + y,
];

/** A pose turned by an angle about the middle of the picture that it is of. */
export function turned([a, b, x, c, d, y], degrees) {
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180));
  return [cos * a - sin * c, cos * b - sin * d, x, sin * a + cos * c, sin * b + cos * d, y];
}

/** The grid of an image of this size that shows a picture at its pose θ (picture -> image). */
export function poseGrid(theta, [height, width]) {
  const [a, b, x, c, d, y] = invert(theta);
  const grid = new Float32Array(2 * height * width);
  for (let i = 0; i < height * width; i++) {
    const px = (2 * (i % width) + 1) / width - 1;
    const py = (2 * Math.floor(i / width) + 1) / height - 1;
    grid[2 * i] = a * px + b * py + x;
    grid[2 * i + 1] = c * px + d * py + y;
  }
  return grid;
}
