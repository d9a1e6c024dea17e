/** What a stage shows, as a picture: drawn on one canvas, or written as SVG with its lines as lines. */
import { vector } from "./svg.js";

const PADDING = 12; // pixels around everything
const LEFT_OUT = ".transport, .handle, select, input, summary, .export";
const GROUNDS = ".square, .boxed, .solid, .flat";
const WORDS =
  "figcaption:not(:has(.legend)), .chart figcaption b, .legend span, .label, .title, p.said, .matrix td, " +
  ".verdict, h3, .row b, .row span, .odds span, .means > span";
const WIRES = ".wires path[data-wire]";
const ENLARGED_PIXELS = 500; // of a picture in an SVG
const TIP = 9; // pixels of a wire's arrow
const BOXES = "i";
const ANCHORS = { left: "start", center: "middle", right: "end" };

/**
 * Everything that is to be seen below a root, in its order.
 * @returns {{x: number, y: number, width: number, height: number, [what: string]: any}[]}
 */
function parts(root) {
  const result = [];
  for (const node of root.querySelectorAll(`canvas, ${GROUNDS}, ${WORDS}, ${BOXES}, ${WIRES}`)) {
    if (node.matches(WIRES)) {
      result.push(...wire(node));
      continue;
    }
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height || node.closest(LEFT_OUT)) continue;
    const style = getComputedStyle(node);
    const part = { x: box.left, y: box.top, width: box.width, height: box.height, style };
    if (node.matches(GROUNDS) && !(node instanceof HTMLCanvasElement)) result.push({ ...part, ground: style.backgroundColor });
    if (node instanceof HTMLCanvasElement) result.push({ ...part, canvas: node, crisp: style.imageRendering === "pixelated" });
    else if (node.matches(BOXES)) result.push({ ...part, ground: style.backgroundColor, border: style.borderTopColor, line: parseFloat(style.borderTopWidth) });
    else if (node.matches(WORDS)) result.push({ ...part, words: node.innerText.trim() });
  }
  return result;
}

/** A wire and its tip as paths, in the page's pixels. */
function wire(node) {
  const box = node.ownerSVGElement.getBoundingClientRect();
  if (!box.width) return [];
  const length = node.getTotalLength();
  const [end, before] = [node.getPointAtLength(length), node.getPointAtLength(length - TIP)];
  const [dx, dy] = [(end.x - before.x) / 2, (end.y - before.y) / 2];
  const tip = `M${end.x} ${end.y}L${before.x - dy} ${before.y + dx}L${before.x + dy} ${before.y - dx}z`;
  const at = { x: box.left, y: box.top, width: 0, height: 0, style: getComputedStyle(node) };
  return [{ ...at, path: node.getAttribute("d") }, { ...at, path: tip, filled: true }];
}

/** Their frame, with what is around them. */
function frame(parts) {
  const [left, top] = [Math.min(...parts.map((p) => p.x)), Math.min(...parts.map((p) => p.y))];
  const [right, bottom] = [Math.max(...parts.map((p) => p.x + p.width)), Math.max(...parts.map((p) => p.y + p.height))];
  return { left: left - PADDING, top: top - PADDING, width: right - left + 2 * PADDING, height: bottom - top + 2 * PADDING };
}

const ground = (root) => getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "#fff";

/** Words broken into lines that fit a width. */
function lines(context, words, width) {
  const result = [];
  for (const paragraph of words.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && context.measureText(longer).width > width + 1) {
        result.push(line);
        line = word;
      } else line = longer;
    }
    result.push(line);
  }
  return result;
}

const font = (style) => `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;

/** Where words stand: a line each, with its anchor. */
function written(context, { words, style, x, y, width, height }) {
  context.font = font(style);
  const broken = lines(context, words, width);
  const step = height / broken.length;
  const align = ["center", "right"].includes(style.textAlign) ? style.textAlign : "left";
  const at = x + { left: 0, center: width / 2, right: width }[align];
  return broken.map((line, n) => ({ line, align, x: at, y: y + step * (n + 0.5) }));
}

/**
 * Draw a stage on a canvas.
 * @param {HTMLElement} root
 * @param {number} maxPixels  of its longer side, which is at most twice the screen's
 * @param {HTMLCanvasElement} [canvas]  one of an earlier frame, whose size is kept
 */
export function draw(root, maxPixels, canvas) {
  const visible = parts(root);
  const { left, top, width, height } = frame(visible);
  const scale = canvas ? canvas.scale : Math.min(2, maxPixels / Math.max(width, height));
  const even = (length) => 2 * Math.round((length * scale) / 2); // as films want it
  const drawn = canvas ?? Object.assign(document.createElement("canvas"), { width: even(width), height: even(height), scale });
  const context = drawn.getContext("2d", { willReadFrequently: true });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = ground(root);
  context.fillRect(0, 0, drawn.width, drawn.height);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  for (const part of visible) drawPart(context, part);
  return drawn;
}

function drawPart(context, part) {
  const { x, y, width, height, style } = part;
  if (part.ground) {
    context.globalAlpha = Number(style.opacity);
    context.fillStyle = part.ground;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }
  if (part.line) {
    context.strokeStyle = part.border;
    context.lineWidth = part.line;
    context.strokeRect(x + part.line / 2, y + part.line / 2, width - part.line, height - part.line);
  }
  if (part.canvas) {
    context.imageSmoothingEnabled = !part.crisp;
    if (part.canvas.width && part.canvas.height) context.drawImage(part.canvas, x, y, width, height);
  }
  if (part.path) {
    context.save();
    context.translate(x, y);
    context.strokeStyle = context.fillStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth);
    context[part.filled ? "fill" : "stroke"](new Path2D(part.path));
    context.restore();
  }
  if (part.words) {
    context.fillStyle = style.color;
    context.textBaseline = "middle";
    for (const { line, align, x: at, y: level } of written(context, part)) {
      context.textAlign = align;
      context.fillText(line, at, level);
    }
  }
}

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The same pixels, each many large, for programs that smooth what they enlarge. */
function enlarged(canvas) {
  const times = Math.max(1, Math.round(ENLARGED_PIXELS / canvas.width));
  const large = Object.assign(document.createElement("canvas"), { width: times * canvas.width, height: times * canvas.height });
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

/** A stage as SVG: pixels as embedded images, grids, frames and arrows as paths, words as text. */
export function svg(root) {
  const visible = parts(root);
  const { left, top, width, height } = frame(visible);
  const context = document.createElement("canvas").getContext("2d");
  const pieces = visible.map((part) => svgOf(context, { ...part, x: part.x - left, y: part.y - top }));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="100%" height="100%" fill="${ground(root)}"/>${pieces.join("")}</svg>`
  );
}

function svgOf(context, part) {
  const { x, y, width, height, style } = part;
  const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
  const pieces = [];
  if (part.ground) pieces.push(`<rect ${place} fill="${part.ground}" opacity="${style.opacity}"/>`);
  if (part.line) pieces.push(`<rect ${place} fill="none" stroke="${part.border}" stroke-width="${part.line}"/>`);
  if (part.canvas?.again) {
    pieces.push(`<svg ${place} viewBox="0 0 1 ${height / width}">${vector(part.canvas)}</svg>`);
  } else if (part.canvas?.width && part.canvas.height) {
    const image = part.crisp ? enlarged(part.canvas) : part.canvas;
    pieces.push(`<image ${place} preserveAspectRatio="none" href="${image.toDataURL()}"/>`);
  }
  if (part.path) {
    const paint = part.filled ? `fill="${style.stroke}"` : `fill="none" stroke="${style.stroke}" stroke-width="${style.strokeWidth}"`;
    pieces.push(`<path transform="translate(${x} ${y})" d="${part.path}" ${paint}/>`);
  }
  if (part.words) {
    for (const { line, align, x: at, y: level } of written(context, part)) {
      pieces.push(
        `<text x="${at}" y="${level}" dominant-baseline="central" text-anchor="${ANCHORS[align]}" ` +
          `font-family="${escaped(style.fontFamily)}" font-size="${style.fontSize}" font-weight="${style.fontWeight}" fill="${style.color}">${escaped(line)}</text>`
      );
    }
  }
  return pieces.join("");
}
