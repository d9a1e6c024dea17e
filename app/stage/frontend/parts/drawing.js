/** Pixels, lattice lines, outline and first corner, on canvases. */

/** The share of a pane's width around the image, in which a grid outside the image is drawn. */
export const MARGIN = 0.11;
const CORNER = 18; // pixels of the first corner's mark along its edges
const CORNER_SMALL = 9; // in a small pane, and of many grids, which may be small themselves
const FEW_GRIDS = 2;

const MARK = "#ff5fa2"; // of a pixel that is pointed at, on any grid's colour
const WEAKEST = 0.04; // of an arrow, as a share of the strongest
const TINT = 0.4; // how opaque a tint is
const RING = 5; // pixels from the place that it marks

/**
 * Pixels as they are, one canvas pixel each; the style sheet enlarges them crisply.
 * @param {HTMLCanvasElement} canvas
 * @param {import("../maths/sampling.js").Source} image  of one grey channel, or of three colours
 * @param {number} [channel]  the only one to paint, in grey
 */
export function paintPixels(canvas, { pixels, channels, height, width }, channel) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const painted = context.createImageData(width, height);
  const { data } = painted;
  const plane = height * width;
  const [r, g, b] = (channels === 3 && channel === undefined ? [0, 1, 2] : Array(3).fill(channel ?? 0))
    .map((c) => c * plane);
  for (let i = 0; i < plane; i++) {
    data[4 * i] = pixels[r + i]; // clamped and rounded by the array
    data[4 * i + 1] = pixels[g + i];
    data[4 * i + 2] = pixels[b + i];
    data[4 * i + 3] = 255;
  }
  context.putImageData(painted, 0, 0);
}

/** Tint the marked pixels of V. */
export function paintTint(canvas, marked, [height, width]) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.fillStyle = MARK;
  context.globalAlpha = TINT;
  for (let i = 0; i < marked.length; i++) {
    if (marked[i]) context.fillRect(i % width, Math.floor(i / width), 1, 1);
  }
}

/** A pane's height as a share of its width. */
const aspectOf = (canvas) => (canvas.clientHeight || 1) / Math.max(1, canvas.clientWidth);

/**
 * Make an overlay as sharp as the screen (or as a file that it is drawn for) and give its context in units of the pane's width.
 * @param {HTMLCanvasElement} canvas
 */
function overlay(canvas) {
  const sharp = (length) => Math.max(1, Math.round(length * (canvas.sharp ?? (window.devicePixelRatio || 1))));
  canvas.width = sharp(canvas.clientWidth);
  canvas.height = sharp(canvas.clientHeight);
  const context = canvas.getContext("2d");
  context.scale(canvas.width, canvas.width);
  context.lineJoin = "round";
  return { context, pixel: 1 / Math.max(1, canvas.clientWidth), place: placing(canvas) };
}

/** The share of a pane's width, or height, at which a normalised coordinate lies: −1 and 1 are the image's edges. */
const share = (normalised) => MARGIN + ((normalised + 1) / 2) * (1 - 2 * MARGIN);

/** Where normalised points lie in a pane, in units of its width. */
function placing(canvas) {
  const aspect = aspectOf(canvas);
  return ([x, y]) => [share(x), aspect * share(y)];
}

/**
 * T_θ(G) on U: `lines` polylines of `samples` points each; the first and last of either half
 * are the outline, and the first point of the first line is the first corner.
 * @param {HTMLCanvasElement} canvas
 * @param {{grid: Float32Array, colour: string}[]} grids  one for each transformer
 * @param {{lines: number, samples: number}} shape
 * @param {string|null} corner  the first corner's colour
 */
export function drawGrids(canvas, grids, shape, corner) {
  canvas.again = (other) => drawGrids(other, grids, shape, corner);
  const drawn = overlay(canvas);
  const { context, pixel, place } = drawn;
  const small = canvas.clientWidth < 200;
  for (const { grid, colour } of grids) {
    drawGrid(drawn, small, grid, colour, shape);
    if (!corner) continue;
    const [first, ...along] = [0, 1, (shape.lines / 2) * shape.samples + 1].map((i) => place([grid[2 * i], grid[2 * i + 1]]));
    drawCorner(context, first, along, (small || grids.length > FEW_GRIDS ? CORNER_SMALL : CORNER) * pixel, corner);
  }
}

function drawGrid({ context, pixel, place }, small, grid, colour, { lines, samples }) {
  const half = lines / 2;
  const stroke = (line, width, alpha) => {
    context.beginPath();
    for (let i = 0; i < samples; i++) {
      const at = 2 * (line * samples + i);
      context.lineTo(...place([grid[at], grid[at + 1]]));
    }
    context.lineWidth = width * pixel;
    context.globalAlpha = alpha;
    context.stroke();
  };
  context.strokeStyle = colour;
  for (let line = 0; line < lines; line++) {
    const edge = line % half === 0 || line % half === half - 1;
    if (!edge) stroke(line, 1, small ? 0.45 : 0.6);
  }
  for (const edge of [0, half - 1, half, lines - 1]) stroke(edge, small ? 1.75 : 2.5, 1);
}

/** An image's own outline; and V's first corner, so that it can be matched with the grid on U. */
export function drawFrame(canvas, colour, corner = null) {
  canvas.again = (other) => drawFrame(other, colour, corner);
  const { context, pixel, place } = overlay(canvas);
  const small = canvas.clientWidth < 200;
  context.strokeStyle = colour;
  context.lineWidth = (small ? 1.75 : 2.5) * pixel;
  const [first, last] = [[-1, -1], [1, 1]].map(place);
  context.strokeRect(...first, last[0] - first[0], last[1] - first[1]);
  const along = [[last[0], first[1]], [first[0], last[1]]];
  if (corner) drawCorner(context, first, along, (small ? CORNER_SMALL : CORNER) * pixel, corner);
}

/**
 * Arrows from points of U, normalised. One as strong as `strongest` is as long as `longest`, in half
 * widths; a weaker one as the root of its share, so that it can be seen next to strong ones.
 * @param {number[][]} arrows  (x, y, dx, dy)
 */
export function drawArrows(canvas, arrows, longest, strongest) {
  canvas.again = (other) => drawArrows(other, arrows, longest, strongest);
  const { context, pixel, place } = overlay(canvas);
  for (const [colour, width] of [["#000", 4], ["#fff", 1.75]]) {
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    context.lineCap = "round";
    context.beginPath();
    for (const [x, y, dx, dy] of arrows) {
      const strength = Math.hypot(dx, dy);
      if (strength < WEAKEST * strongest) continue; // too short to be an arrow
      const [fx, fy] = [dx, dy].map((d) => (d / Math.sqrt(strength * strongest)) * longest);
      const [[px, py], [qx, qy]] = [[x, y], [x + fx, y + fy]].map(place);
      context.moveTo(px, py);
      context.lineTo(qx, qy);
      for (const side of [0.85, -0.85]) {
        const angle = Math.atan2(qy - py, qx - px) + Math.PI - side * 0.7;
        const head = Math.min(6 * pixel, 0.5 * Math.hypot(qx - px, qy - py));
        context.moveTo(qx, qy);
        context.lineTo(qx + head * Math.cos(angle), qy + head * Math.sin(angle));
      }
    }
    context.stroke();
  }
}

/** Tint the places of U that marked grid points read, each as large as it is wide in V. */
export function tintPoints(canvas, grid, marked, side) {
  const { context, place } = overlay(canvas);
  context.fillStyle = MARK;
  context.globalAlpha = TINT;
  for (let i = 0; i < marked.length; i++) {
    if (!marked[i]) continue;
    const [x, y] = place([grid[2 * i], grid[2 * i + 1]]);
    context.fillRect(x - side / 2, y - side / 2, side, side);
  }
}

/** Wipe a canvas of marks, and make it as sharp as the screen. */
export const wipe = (canvas) => void overlay(canvas);

/** Where pixel coordinate (x, y) of an image of this size lies in the pane: its centre. */
const spot = (canvas, [x, y], [height, width]) => placing(canvas)([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1]);

/** Mark a pixel (column, row), the stronger the greater its weight. */
export function markPixel(canvas, pixel, size, weight) {
  const context = canvas.getContext("2d");
  const [x, y] = spot(canvas, pixel, size);
  const inner = 1 - 2 * MARGIN;
  const [high, wide] = [(aspectOf(canvas) * inner) / size[0], inner / size[1]];
  context.globalAlpha = 0.25 + 0.75 * weight;
  context.lineWidth = 2 / canvas.clientWidth;
  context.strokeStyle = MARK;
  context.fillStyle = MARK;
  context.strokeRect(x - wide / 2, y - high / 2, wide, high);
  context.globalAlpha = 0.45 * weight;
  context.fillRect(x - wide / 2, y - high / 2, wide, high);
}

/** Mark a place in an image, normalised, with a ring: the same one that is pointed at in another. */
export function markPlace(canvas, place) {
  canvas.again = (other) => markPlace(other, place);
  const { context, pixel, place: inPane } = overlay(canvas);
  for (const [colour, width] of [["#000", 4], [MARK, 2]]) {
    context.beginPath();
    context.arc(...inPane(place), RING * pixel, 0, 2 * Math.PI);
    context.lineWidth = width * pixel;
    context.strokeStyle = colour;
    context.stroke();
  }
}

/** Mark a point between the pixels. */
export function markPoint(canvas, point, size) {
  const context = canvas.getContext("2d");
  const [x, y] = spot(canvas, point, size);
  const radius = 3 / canvas.clientWidth;
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = "#fff";
  context.fill();
  context.lineWidth = radius / 2;
  context.strokeStyle = "#000";
  context.stroke();
}

/** A filled triangle between a corner and its two edges, which go towards `along`: no round handle. */
function drawCorner(context, [x, y], along, side, colour) {
  context.globalAlpha = 1;
  context.beginPath();
  context.moveTo(x, y);
  for (const [tx, ty] of along) {
    const length = Math.hypot(tx - x, ty - y) || 1;
    context.lineTo(x + (side * (tx - x)) / length, y + (side * (ty - y)) / length);
  }
  context.lineTo(x, y);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = side / 12;
  context.strokeStyle = "#000";
  context.stroke();
}
