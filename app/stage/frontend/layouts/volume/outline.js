/** Lines in a scene: a volume's edges, and the sampling grid's outline on them. */

const EDGES = "#55626e";
const SLICE = "#ff5fa2";
const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
const HEADS = [[0.14, 0], [-0.14, 0], [0, 0.14], [0, -0.14]]; // of the arrow's tip
const itself = (point) => point;

function drawBox(scene, into, colour, width, light) {
  for (const z of [-1, 1]) scene.path(CORNERS.map(([x, y]) => into([x, y, z])), colour, width, light);
  for (const [x, y] of CORNERS.slice(1)) scene.line(into([x, y, -1]), into([x, y, 1]), colour, width, light);
}

/** The edges of U. */
export const drawVolume = (scene) => drawBox(scene, itself, EDGES, 2, 1);

/**
 * The grid's outline: its front strong, an arrow along the axis of projection, and the slice.
 * @param {(point: number[]) => number[]} into  from V's coordinates to the scene's
 * @param {number} depth  the slice's
 * @param {{grid: string, corner: string}} colours
 */
export function drawGridBox(scene, into, depth, { grid, corner }) {
  drawBox(scene, into, grid, 3, 0.6);
  scene.path(CORNERS.map(([x, y]) => into([x, y, -1])), grid, 6);
  scene.path(CORNERS.map(([x, y]) => into([x, y, depth])), SLICE, 2, 0.9);
  const tip = into([0, 0, -1.04]);
  scene.line(into([0, 0, -1.6]), tip, grid, 5);
  for (const [x, y] of HEADS) scene.line(into([x, y, -1.24]), tip, grid, 5);
  scene.dot(into([-1, -1, -1]), corner, 14);
}
