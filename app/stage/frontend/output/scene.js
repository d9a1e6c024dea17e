/**
 * What is to be seen of a stage: boxes, pictures, lines and words, in the order in which the browser
 * paints them. What only serves to change it is left out (.filed in stage.css).
 */
import { linesOf } from "./words.js";

const CHOICE = "figcaption select"; // of which a sentence keeps what is chosen
const WIRES = ".wires path[data-wire]";
const RECOLOURED = ".legend, .title, .curves"; // whose colours are those of curves
const BRACKET = 1.5; // times its letters' size, from which a bracket is stretched
const TIP = 9; // pixels of a wire's arrow
const SIDES = ["Top", "Right", "Bottom", "Left"];
const DASHES = { dashed: 3, dotted: 1 }; // times the line's width

/**
 * @typedef {object} Part  in the window's pixels
 * @property {number} x @property {number} y @property {number} width @property {number} height
 * @property {number} alpha
 * @property {{x: number, y: number, width: number, height: number, radius: number} | null} clip
 * @property {number} [radius]  of a box's corners
 * @property {string} [fill]  of a box
 * @property {string[]} [ramp]  of a box, colours from left to right
 * @property {{width: number, colour: string, dash: number[]}} [frame]  inside a box's edge
 * @property {{path: string, width: number, colour: string, dash: number[]}} [line]
 * @property {{path: string, colour: string}} [shape]  filled
 * @property {HTMLCanvasElement} [canvas]
 * @property {boolean} [crisp]  its pixels are to be seen
 * @property {object} [words]  as linesOf gives them, with their colour
 */

/**
 * What a function gives while a stage is laid out without its controls; nothing of it is to be seen.
 * @param {import("../layouts/layouts.js").Layout} layout
 */
export function withoutControls({ root, refit }, make) {
  const { minHeight } = root.style;
  root.style.minHeight = `${root.offsetHeight}px`; // so that the page does not scroll
  root.classList.add("filed");
  const choices = [...root.querySelectorAll(CHOICE)].map((select) => {
    const words = document.createTextNode(select.selectedOptions[0].textContent);
    select.after(words);
    return words;
  });
  try {
    refit?.();
    return make();
  } finally {
    root.classList.remove("filed");
    choices.forEach((words) => words.remove());
    root.style.minHeight = minHeight;
    refit?.();
  }
}

/**
 * @param {HTMLElement} root
 * @param {(colour: string) => string} recoloured  of the colours of curves
 * @returns {Part[]}
 */
export function sceneOf(root, recoloured) {
  const parts = [];
  walk(root, { alpha: 1, clip: null, tint: (colour) => colour, recoloured }, parts);
  return parts;
}

function walk(node, outer, parts) {
  if (!node.checkVisibility({ visibilityProperty: true })) return;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const tint = node.matches(RECOLOURED) ? outer.recoloured : outer.tint;
  const inner = { ...outer, tint, alpha: outer.alpha * Number(style.opacity) };
  const part = { x: box.left, y: box.top, width: box.width, height: box.height, alpha: inner.alpha, clip: outer.clip };
  if (node.matches(".wires")) {
    for (const path of node.querySelectorAll(WIRES)) parts.push(...wire(path, part));
    return;
  }
  part.radius = style.borderCollapse === "collapse" ? 0 : radiusOf(style, box);
  if (box.width || box.height) parts.push(...boxOf(part, style, tint));
  if (node instanceof HTMLCanvasElement) {
    if (!box.width || !box.height || !node.width || !node.height) return;
    const clip = part.radius ? meeting(outer.clip, part, part.radius) : outer.clip;
    parts.push({ ...part, clip, canvas: node, crisp: style.imageRendering === "pixelated", tint });
    return;
  }
  if (style.overflowX !== "visible") inner.clip = meeting(outer.clip, part, part.radius);
  if (node.localName === "mo" && box.height > BRACKET * parseFloat(style.fontSize)) return parts.push(bracket(node.textContent, part, style));
  if (node.localName === "mfrac") parts.push(fractionBar(node, part, style));
  for (const child of node.childNodes) {
    if (child instanceof Element) walk(child, inner, parts);
    else if (child instanceof Text) for (const words of linesOf(child)) parts.push(wordsOf(words, inner, style.color));
  }
}

const wordsOf = (words, { alpha, clip }, colour) => ({
  x: words.x, y: words.top, width: words.width, height: words.height, alpha, clip, words: { ...words, colour },
}); // prettier-ignore

/** A share of the box, or pixels. */
function radiusOf({ borderTopLeftRadius: radius }, { width, height }) {
  const size = parseFloat(radius) || 0;
  return Math.min(radius.includes("%") ? (size / 100) * width : size, width / 2, height / 2);
}

/** What two areas have in common; the corners are those of the second. */
function meeting(clip, { x, y, width, height }, radius) {
  if (!clip) return { x, y, width, height, radius };
  const [left, top] = [Math.max(clip.x, x), Math.max(clip.y, y)];
  const [right, bottom] = [Math.min(clip.x + clip.width, x + width), Math.min(clip.y + clip.height, y + height)];
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), radius };
}

const isClear = (colour) => colour === "transparent" || /rgba\(.*, 0\)|\/ 0\)/.test(colour);

/** Its ground, its border, and the outline around it. */
function boxOf(part, style, tint) {
  const result = [];
  const ramp = style.backgroundImage.startsWith("linear-gradient") ? style.backgroundImage.match(/rgba?\([^)]*\)|#\w+/g) : null;
  if (ramp) result.push({ ...part, ramp });
  else if (!isClear(style.backgroundColor)) result.push({ ...part, fill: tint(hex(style.backgroundColor)) });
  const sides = SIDES.map((side) => {
    const width = style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]);
    return stroke(width, style[`border${side}Color`], style[`border${side}Style`], tint);
  });
  if (sides.every(({ width, colour }) => width && width === sides[0].width && colour === sides[0].colour)) {
    if (!isClear(style.borderTopColor)) result.push({ ...part, frame: sides[0] });
  } else sides.forEach((side, i) => side.width && !isClear(style[`border${SIDES[i]}Color`]) && result.push(edge(part, side, i)));
  const around = style.outlineStyle === "none" || style.outlineStyle === "auto" ? 0 : parseFloat(style.outlineWidth);
  if (around) {
    const { x, y, width, height } = part;
    const wider = { x: x - around, y: y - around, width: width + 2 * around, height: height + 2 * around };
    result.push({ ...part, ...wider, frame: stroke(around, style.outlineColor, style.outlineStyle, tint) });
  }
  return result;
}

const stroke = (width, colour, style, tint) => ({
  width,
  colour: tint(hex(colour)),
  dash: DASHES[style] ? [DASHES[style] * width, 2 * width] : [],
});

/** One side of a border. */
function edge(part, { width, colour, dash }, side) {
  const { x, y, width: w, height: h } = part;
  const at = width / 2;
  const path = [`M${x} ${y + at}h${w}`, `M${x + w - at} ${y}v${h}`, `M${x} ${y + h - at}h${w}`, `M${x + at} ${y}v${h}`][side];
  return { ...part, line: { path, width, colour, dash } };
}

/** A colour as #rrggbb where it is opaque, else as the browser writes it. */
export function hex(colour) {
  const numbers = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
  return numbers ? `#${numbers.slice(1).map((v) => Number(v).toString(16).padStart(2, "0")).join("")}` : colour;
}

/** A wire and its tip. */
function wire(node, part) {
  if (!part.width) return [];
  const { x, y } = part;
  const style = getComputedStyle(node);
  const alpha = part.alpha * Number(style.opacity);
  const length = node.getTotalLength();
  const [end, before] = [node.getPointAtLength(length), node.getPointAtLength(length - TIP)];
  const [dx, dy] = [(end.x - before.x) / 2, (end.y - before.y) / 2];
  const colour = hex(style.stroke);
  const dash = style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(",").map(parseFloat);
  const tip = `M${end.x} ${end.y}L${before.x - dy} ${before.y + dx}L${before.x + dy} ${before.y - dx}z`;
  const at = { ...part, alpha, at: [x, y] };
  return [
    { ...at, line: { path: node.getAttribute("d"), width: parseFloat(style.strokeWidth), colour, dash } },
    { ...at, shape: { path: tip, colour } },
  ];
}

/** A bracket as high as what it holds. */
function bracket(sign, part, style) {
  const { x, y, width, height } = part;
  const [near, far] = sign.trim() === "[" ? [x + 0.3 * width, x + 0.85 * width] : [x + 0.7 * width, x + 0.15 * width];
  return { ...part, line: { path: `M${far} ${y}H${near}V${y + height}H${far}`, width: 1.3, colour: hex(style.color), dash: [] } };
}

function fractionBar(node, part, style) {
  const y = (node.children[0].getBoundingClientRect().bottom + node.children[1].getBoundingClientRect().top) / 2;
  return { ...part, line: { path: `M${part.x} ${y}h${part.width}`, width: 1.2, colour: hex(style.color), dash: [] } };
}
