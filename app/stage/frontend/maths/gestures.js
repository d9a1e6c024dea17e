/**
 * What a hand wants of the grid's handles: from where they were to where they should be.
 * Every gesture maps (x, y) points to (x, y) points, in half widths of U; it knows no family.
 */

const SAME = 1e-9; // displacements that differ by less are one

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

/** How far the farthest handle is from the middle of all of them. */
export function reach(points) {
  const [cx, cy] = centre(points);
  return Math.max(...points.map(([x, y]) => Math.hypot(x - cx, y - cy)));
}

/**
 * The farthest positions on the way from where handles are to where they should be, at which none
 * is beyond the bounds, or farther beyond them than it was. All go the same share of their way, so
 * that the grid keeps its shape; one that is only moved goes on along the bound.
 * @param {number[]} bounds  of |x| and of |y|
 */
export function within(start, wanted, bounds) {
  const steps = wanted.map((point, h) => point.map((v, axis) => v - start[h][axis]));
  const shares = [0, 1].map((axis) =>
    Math.min(...steps.map((step, h) => {
      const from = start[h][axis];
      const room = Math.max(bounds[axis], Math.abs(from)) - Math.sign(step[axis]) * from;
      return Math.abs(step[axis]) > room ? room / Math.abs(step[axis]) : 1;
    }))
  );
  const isMove = steps.every((step) => step.every((v, axis) => Math.abs(v - steps[0][axis]) < SAME));
  const [along, down] = isMove ? shares : [Math.min(...shares), Math.min(...shares)];
  return start.map(([x, y], h) => [x + along * steps[h][0], y + down * steps[h][1]]);
}
