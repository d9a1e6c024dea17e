/** What a stage shows, drawn on one canvas. */
import { sceneOf, withoutControls } from "./scene.js";
import { backgroundOf, inTheme, shownTheme } from "./theme.js";
import { fontOf, stretch } from "./words.js";

const PADDING = 12; // pixels around everything
const MOST = 2; // times the screen's size

/** The area of parts, with what is around them. */
export function areaOf(parts) {
  const seen = parts.map(({ x, y, width, height, clip }) => {
    const [left, top] = [Math.max(x, clip?.x ?? x), Math.max(y, clip?.y ?? y)];
    const right = Math.min(x + width, clip ? clip.x + clip.width : Infinity);
    const bottom = Math.min(y + height, clip ? clip.y + clip.height : Infinity);
    return right >= left && bottom >= top ? [left, top, right, bottom] : null;
  }).filter(Boolean);
  const [left, top] = [0, 1].map((i) => Math.min(...seen.map((box) => box[i])) - PADDING);
  const [right, bottom] = [2, 3].map((i) => Math.max(...seen.map((box) => box[i])) + PADDING);
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * Draw a stage on a canvas.
 * @param {import("../layouts/layouts.js").Layout} layout
 * @param {number} maxPixels  of its longer side, which is at most twice the screen's
 * @param {"light"|"dark"} theme
 * @param {HTMLCanvasElement} [canvas]  one of an earlier frame, whose size is kept
 */
export function draw(layout, maxPixels, theme, canvas) {
  const { root } = layout;
  const isOther = theme !== shownTheme(root);
  const make = (recoloured) => {
    const parts = sceneOf(root, recoloured);
    const area = areaOf(parts);
    const scale = canvas ? canvas.scale : Math.min(MOST, maxPixels / Math.max(area.width, area.height));
    const even = (length) => 2 * Math.round((length * scale) / 2); // as films want it
    const drawn = canvas ?? Object.assign(document.createElement("canvas"), { width: even(area.width), height: even(area.height), scale });
    const context = drawn.getContext("2d", { willReadFrequently: true });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = backgroundOf(root);
    context.fillRect(0, 0, drawn.width, drawn.height);
    context.setTransform(scale, 0, 0, scale, -area.left * scale, -area.top * scale);
    const again = isOther || scale > (window.devicePixelRatio || 1);
    for (const part of parts) drawPart(context, part, again ? scale : 0);
    return drawn;
  };
  return withoutControls(layout, () => inTheme(root, theme, make));
}

/** @param {number} sharp  pixels for one of the screen's, of what is drawn once more; 0: take it as it is */
function drawPart(context, part, sharp) {
  context.save();
  context.globalAlpha = part.alpha;
  if (part.clip) {
    context.beginPath();
    const { x, y, width, height, radius } = part.clip;
    context.roundRect(x, y, width, height, radius);
    context.clip();
  }
  if (part.fill || part.ramp) drawGround(context, part);
  if (part.frame) drawFrame(context, part);
  if (part.line) drawLine(context, part);
  if (part.shape) {
    context.translate(...(part.at ?? [0, 0]));
    context.fillStyle = part.shape.colour;
    context.fill(new Path2D(part.shape.path));
  }
  if (part.canvas) drawCanvas(context, part, sharp);
  if (part.words) drawWords(context, part.words);
  context.restore();
}

function drawGround(context, { x, y, width, height, radius, fill, ramp }) {
  context.fillStyle = fill;
  if (ramp) {
    const gradient = context.createLinearGradient(x, 0, x + width, 0);
    ramp.forEach((colour, i) => gradient.addColorStop(i / (ramp.length - 1), colour));
    context.fillStyle = gradient;
  }
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}

/** Where the middle of a frame's line runs. */
export function insideOf({ x, y, width, height, radius, frame }) {
  const half = frame.width / 2;
  return { x: x + half, y: y + half, width: Math.max(0, width - 2 * half), height: Math.max(0, height - 2 * half), radius: Math.max(0, radius - half) };
}

function drawFrame(context, part) {
  const { x, y, width, height, radius } = insideOf(part);
  pen(context, part.frame);
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.stroke();
}

function drawLine(context, { line, at }) {
  context.translate(...(at ?? [0, 0]));
  pen(context, line);
  context.stroke(new Path2D(line.path));
}

function pen(context, { width, colour, dash }) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
}

function drawCanvas(context, part, sharp) {
  const { x, y, width, height, crisp, canvas, tint } = part;
  context.imageSmoothingEnabled = !crisp;
  context.drawImage(sharp && canvas.again ? again(canvas, sharp, tint) : canvas, x, y, width, height);
}

/** What a canvas shows that knows how to draw itself again, in so many pixels for one of the screen's. */
export function again(canvas, sharp, tint) {
  const copy = document.createElement("canvas");
  const context = copy.getContext("2d");
  for (const name of ["strokeStyle", "fillStyle"]) recolour(context, name, tint);
  Object.defineProperties(copy, {
    clientWidth: { value: canvas.clientWidth },
    clientHeight: { value: canvas.clientHeight },
    sharp: { value: sharp },
  });
  canvas.again(copy);
  return copy;
}

/** Let a colour that a context is given be another one. */
function recolour(context, name, tint) {
  const { get, set } = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, name);
  Object.defineProperty(context, name, {
    get: () => get.call(context),
    set: (colour) => set.call(context, typeof colour === "string" ? tint(colour) : colour),
  });
}

function drawWords(context, words) {
  const { words: text, x, base, colour, font } = words;
  context.fillStyle = colour;
  context.textBaseline = "alphabetic";
  context.font = fontOf(font);
  context.translate(x, base);
  context.scale(stretch(context, words), 1);
  context.fillText(text, 0, 0);
}
