/**
 * What a hand wants of the grid's handles: from where they were to where they should be.
 * Every gesture maps (x, y) points to (x, y) points, normalised; it knows no family.
 */

export const move = (points, dx, dy) => points.map(([x, y]) => [x + dx, y + dy]);

/** The middle of the handles. */
export function centre(points) {
  const sum = points.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  return sum.map((value) => value / points.length);
}

/** Turn by an angle (radians, from x to y) and scale, about a point. */
export function turn(points, [cx, cy], angle, scale) {
  const cos = scale * Math.cos(angle);
  const sin = scale * Math.sin(angle);
  return points.map(([x, y]) => [
    cx + cos * (x - cx) - sin * (y - cy),
    cy + sin * (x - cx) + cos * (y - cy),
  ]);
}

/** Turn and scale about the middle, so that `from` comes to `to`. */
export function carry(points, from, to) {
  const middle = centre(points);
  const [a, b] = [from, to].map(([x, y]) => [x - middle[0], y - middle[1]]);
  const scale = Math.hypot(...b) / Math.max(1e-6, Math.hypot(...a));
  return turn(points, middle, Math.atan2(b[1], b[0]) - Math.atan2(a[1], a[0]), scale);
}

/**
 * Pull the edge of handle h, the opposite edge staying where it is.
 * @param {number[][]} targets  where the handles lie on the regular grid, in [−1, 1]²
 */
export function pull(points, targets, h, dx, dy) {
  const [u, v] = targets[h];
  return points.map(([x, y], i) => {
    const share = (1 + u * targets[i][0] + v * targets[i][1]) / 2;
    return [x + share * dx, y + share * dy];
  });
}

/** One handle alone. */
export const pinch = (points, h, dx, dy) =>
  points.map(([x, y], i) => (i === h ? [x + dx, y + dy] : [x, y]));
