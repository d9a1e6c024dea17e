/** Pixels, lattice lines, outline and first corner, on canvases. */

/** The share of a pane's width around the image, in which a grid outside the image is drawn. */
export const MARGIN = 0.11;

const MARK = "#ff5fa2"; // of a pixel that is pointed at, on any grid's colour

/**
 * Grey values as they are, one canvas pixel each; the style sheet enlarges them crisply.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values  (height * width), 0 to 255
 */
export function paintPixels(canvas, values, height, width) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    pixels.data.fill(values[i], 4 * i, 4 * i + 3);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

/**
 * Make an overlay as sharp as the screen and give its context in units of the pane's width.
 * @param {HTMLCanvasElement} canvas
 */
function overlay(canvas) {
  const side = Math.max(1, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  context.scale(side, side);
  context.lineJoin = "round";
  return { context, pixel: 1 / Math.max(1, canvas.clientWidth) };
}

/** A normalised coordinate's place in the pane: −1 and 1 are the image's edges. */
const place = (normalised) => MARGIN + ((normalised + 1) / 2) * (1 - 2 * MARGIN);

/**
 * T_θ(G) on U: `lines` polylines of `samples` points each; the first and last of either half
 * are the outline, and the first point of the first line is the first corner.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} grid
 * @param {{lines: number, samples: number}} shape
 * @param {{grid: string, corner: string}} colours
 */
export function drawGrid(canvas, grid, { lines, samples }, colours) {
  const { context, pixel } = overlay(canvas);
  const half = lines / 2;
  const stroke = (line, width, alpha) => {
    context.beginPath();
    for (let i = 0; i < samples; i++) {
      const at = 2 * (line * samples + i);
      context.lineTo(place(grid[at]), place(grid[at + 1]));
    }
    context.lineWidth = width * pixel;
    context.globalAlpha = alpha;
    context.stroke();
  };
  context.strokeStyle = colours.grid;
  const small = canvas.clientWidth < 200;
  for (let line = 0; line < lines; line++) {
    const edge = line % half === 0 || line % half === half - 1;
    if (!edge) stroke(line, 1, small ? 0.45 : 0.6);
  }
  for (const edge of [0, half - 1, half, lines - 1]) stroke(edge, small ? 1.75 : 2.5, 1);
  drawCorner(context, place(grid[0]), place(grid[1]), (small ? 3 : 5.5) * pixel, colours.corner);
}

/** V's own outline and first corner, so that it can be matched with the grid on U. */
export function drawFrame(canvas, colours) {
  const { context, pixel } = overlay(canvas);
  const small = canvas.clientWidth < 200;
  context.strokeStyle = colours.grid;
  context.lineWidth = (small ? 1.75 : 2.5) * pixel;
  context.strokeRect(MARGIN, MARGIN, 1 - 2 * MARGIN, 1 - 2 * MARGIN);
  drawCorner(context, MARGIN, MARGIN, (small ? 3 : 5.5) * pixel, colours.corner);
}

/** Wipe a canvas of marks, and make it as sharp as the screen. */
export const wipe = (canvas) => void overlay(canvas);

/** Where pixel coordinate (x, y) of an image of this size lies in the pane: its centre. */
const spot = ([x, y], [height, width]) => [
  place((2 * x + 1) / width - 1),
  place((2 * y + 1) / height - 1),
];

/** Mark a pixel (column, row), the stronger the greater its weight. */
export function markPixel(canvas, pixel, size, weight) {
  const context = canvas.getContext("2d");
  const [x, y] = spot(pixel, size);
  const [high, wide] = size.map((n) => (1 - 2 * MARGIN) / n);
  context.globalAlpha = 0.25 + 0.75 * weight;
  context.lineWidth = 2 / canvas.clientWidth;
  context.strokeStyle = MARK;
  context.fillStyle = MARK;
  context.strokeRect(x - wide / 2, y - high / 2, wide, high);
  context.globalAlpha = 0.45 * weight;
  context.fillRect(x - wide / 2, y - high / 2, wide, high);
}

/** Mark a point between the pixels. */
export function markPoint(canvas, point, size) {
  const context = canvas.getContext("2d");
  const [x, y] = spot(point, size);
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

function drawCorner(context, x, y, radius, colour) {
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = radius / 4;
  context.strokeStyle = "#000";
  context.stroke();
}
