/** The affine family (Eq. 1) for a page that does not wait for Python, in the form that Python has. */

const CELLS = 7; // of the lattice on U, and points of a line: as in stage/transformers.py
const SAMPLES = 29;
const CORNERS = [["top left", -1, -1], ["top right", 1, -1], ["bottom left", -1, 1], ["bottom right", 1, 1]];
const EDGES = [["top", 0, -1], ["left", -1, 0], ["right", 1, 0], ["bottom", 0, 1]];
const REACH = 2; // of the sliders

/** θ that leaves everything as it is. */
export const IDENTITY = [1, 0, 0, 0, 1, 0];

/** The target points (x, y, 1): (3, N). */
const targets = (points) =>
  Float32Array.from([...points.map(([x]) => x), ...points.map(([, y]) => y), ...points.map(() => 1)]);

/**
 * @param {[number, number]} size  H', W' of what is read, or of the picture that is moved
 * @param {string} whole  what a hand takes
 * @param {boolean} rigid  turned and scaled by its corners alone
 * @param {number} cells  of the lattice in either direction; 1: the outline
 */
export function affine([height, width], whole = "the whole grid", rigid = false, cells = CELLS) {
  const across = [...Array(cells + 1).keys()].map((k) => (2 * k) / cells - 1);
  const along = [...Array(SAMPLES).keys()].map((k) => (2 * k) / (SAMPLES - 1) - 1);
  const rows = across.flatMap((y) => along.map((x) => [x, y]));
  const columns = across.flatMap((x) => along.map((y) => [x, y]));
  const pixels = [...Array(height * width).keys()].map((i) => [
    (2 * (i % width) + 1) / width - 1,
    (2 * Math.floor(i / width) + 1) / height - 1,
  ]);
  const handles = CORNERS.map(([name, ...target]) => ({ kind: "turn", name: `${name} corner: turn and scale (arrow keys)`, target }));
  if (!rigid) {
    handles.push(...EDGES.map(([name, ...target]) => ({ kind: "edge", name: `${name} edge: stretch and shear (arrow keys)`, target })));
  }
  const names = ["θ11", "θ12", "θ13", "θ21", "θ22", "θ23"];
  return {
    rows: 2,
    columns: 3,
    columnNames: ["x^t", "y^t", "1"],
    slidersInRow: 3,
    slope: Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0)), // M_θ's entries are θ's
    offset: new Float32Array(6),
    divide: false,
    target: targets(pixels),
    latticeTarget: targets([...rows, ...columns]),
    lattice: { lines: 2 * (cells + 1), samples: SAMPLES },
    handles,
    handleTarget: targets(handles.map(({ target }) => target)),
    bodyName: `${whole}: move (arrow keys), scale (+ and −), turn ([ and ])`,
    names,
    identity: IDENTITY,
    ranges: names.map(() => [-REACH, REACH]),
  };
}
