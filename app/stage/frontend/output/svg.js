/** What a stage shows as SVG: grids, frames, arrows and curves as lines, words as text in a font that is in the file. */
import { again, areaOf, insideOf } from "./picture.js";
import { sceneOf, withoutControls } from "./scene.js";
import { FAMILY, paint, short, textOf } from "./text.js";
import { backgroundOf, inTheme } from "./theme.js";
import { inRows } from "./words.js";

const ENLARGED_PIXELS = 500; // of a picture whose pixels are to be seen
const SHARP = 2; // pixels for one of the screen's, of what is no lines
const FONT = new URL("../vendor/sans.woff2", import.meta.url);


let font; // as base64, once it has been asked for

async function embedded() {
  font ??= fetch(FONT).then(async (answer) => {
    if (!answer.ok) return "";
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  });
  const base64 = await font.catch(() => "");
  return base64 && `<style>@font-face{font-family:"${FAMILY}";font-weight:400 700;src:url(data:font/woff2;base64,${base64}) format("woff2")}</style>`;
}

/** @param {import("../layouts/layouts.js").Layout} layout  @param {"light"|"dark"} theme */
export async function svg(layout, theme) {
  const { root } = layout;
  const style = await embedded();
  const make = (recoloured) => {
    const parts = sceneOf(root, recoloured);
    const { left, top, width, height } = areaOf(parts);
    const clips = [];
    const pieces = inRows(parts).map((part) => clipped(part, svgOf(part), clips));
    const box = [left, top, width, height].map(short).join(" ");
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${short(width)}" height="${short(height)}" viewBox="${box}">` +
      `${style}<defs>${clips.join("")}</defs>` +
      `<rect x="${short(left)}" y="${short(top)}" width="${short(width)}" height="${short(height)}" fill="${backgroundOf(root)}"/>${pieces.join("")}</svg>`
    );
  };
  return withoutControls(layout, () => inTheme(root, theme, make));
}

const place = ({ x, y, width, height }) => `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
const rounded = ({ radius }) => (radius ? ` rx="${short(radius)}"` : "");
const pen = ({ colour, width, dash }) =>
  `fill="none" ${paint("stroke", colour)} stroke-width="${short(width)}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}`;

/** An element within the part's own area, where it is beyond it. */
function clipped(part, element, clips) {
  const { clip, alpha } = part;
  const opacity = alpha < 1 ? ` opacity="${alpha}"` : "";
  const isInside =
    !clip || (!part.canvas && part.x >= clip.x && part.y >= clip.y && part.x + part.width <= clip.x + clip.width && part.y + part.height <= clip.y + clip.height);
  if (isInside) return opacity ? `<g${opacity}>${element}</g>` : element;
  const shape = `<rect ${place(clip)}${rounded(clip)}/>`;
  let n = clips.findIndex((other) => other.includes(shape));
  if (n < 0) n = clips.push(`<clipPath id="c${clips.length}">${shape}</clipPath>`) - 1;
  return `<g clip-path="url(#c${n})"${opacity}>${element}</g>`;
}

function svgOf(part) {
  const at = part.at ? ` transform="translate(${part.at.map(short).join(" ")})"` : "";
  if (part.ramp) return rampOf(part);
  if (part.fill) return `<rect ${place(part)}${rounded(part)} ${paint("fill", part.fill)}/>`;
  if (part.frame) return `<rect ${place(insideOf(part))}${rounded(insideOf(part))} ${pen(part.frame)}/>`;
  if (part.line) return `<path d="${part.line.path}"${at} ${pen(part.line)}/>`;
  if (part.shape) return `<path d="${part.shape.path}"${at} ${paint("fill", part.shape.colour)}/>`;
  if (part.canvas) return canvasOf(part);
  return textOf(part.words);
}

/** Colours from left to right, as a box each: few programs read a gradient in the same way. */
function rampOf({ x, y, width, height, ramp }) {
  const stops = ramp.map((colour, i) => `<stop offset="${i / (ramp.length - 1)}" stop-color="${colour}"/>`).join("");
  const id = `ramp${Math.round(x)}-${Math.round(y)}`;
  return `<linearGradient id="${id}">${stops}</linearGradient><rect ${place({ x, y, width, height })} fill="url(#${id})"/>`;
}

function canvasOf(part) {
  const { canvas, crisp, tint, x, y } = part;
  if (canvas.again && !canvas.asPixels) {
    const drawn = new Pen(tint);
    canvas.again({ clientWidth: canvas.clientWidth, clientHeight: canvas.clientHeight, sharp: 1, getContext: () => drawn });
    return `<g transform="translate(${short(x)} ${short(y)})">${drawn.svg}</g>`;
  }
  const image = canvas.again ? again(canvas, SHARP, tint) : crisp ? enlarged(canvas) : canvas;
  return `<image ${place(part)} preserveAspectRatio="none" href="${image.toDataURL()}"/>`;
}

/** The same pixels, each many large, for programs that smooth what they enlarge. */
function enlarged(canvas) {
  const times = Math.max(1, Math.round(ENLARGED_PIXELS / canvas.width));
  const large = Object.assign(document.createElement("canvas"), { width: times * canvas.width, height: times * canvas.height });
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

const ANCHORS = { left: "start", center: "middle", right: "end" };
const BASES = { middle: 0.34, top: 0.74, alphabetic: 0, bottom: -0.25 }; // of a letter's size, below the place

/** What has been drawn on a canvas, drawn once more as SVG. Only what the stage's own drawings need of a context. */
class Pen {
  /** @param {(colour: string) => string} tint */
  constructor(tint) {
    Object.assign(this, { tint, strokeStyle: "#000", fillStyle: "#000", lineWidth: 1, globalAlpha: 1, pieces: [], path: "", factor: 1 });
    Object.assign(this, { dash: [], font: "12px sans-serif", textAlign: "left", textBaseline: "alphabetic" });
  }

  get svg() {
    return `<g transform="scale(${short(this.factor)})">${this.pieces.join("")}</g>`;
  }

  scale(factor) {
    this.factor *= factor;
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  save() {}

  restore() {
    if (this.group) this.pieces.push("</g>");
    this.group = false;
  }

  rect(x, y, w, h) {
    this.path += `M${x} ${y}h${w}v${h}h${-w}z`;
  }

  /** Until it is restored. */
  clip() {
    const id = `p${Math.random().toString(36).slice(2)}`;
    this.pieces.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    this.group = true;
  }

  beginPath() {
    this.path = "";
  }

  moveTo(x, y) {
    this.path += `M${fine(x)} ${fine(y)}`;
  }

  lineTo(x, y) {
    this.path += `${this.path ? "L" : "M"}${fine(x)} ${fine(y)}`;
  }

  /** A whole circle. */
  arc(x, y, r) {
    this.path += `M${fine(x - r)} ${fine(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }

  strokeRect(x, y, w, h) {
    this.path = `M${fine(x)} ${fine(y)}h${fine(w)}v${fine(h)}h${fine(-w)}z`;
    this.stroke();
  }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.pieces.push(
      `<path d="${this.path}" fill="none" ${paint("stroke", this.tint(this.strokeStyle))} stroke-width="${fine(this.lineWidth)}" ` +
        `stroke-opacity="${this.globalAlpha}" stroke-linejoin="round" stroke-linecap="${dash ? "butt" : "round"}"${dash}/>`
    );
  }

  fill() {
    this.pieces.push(`<path d="${this.path}" ${paint("fill", this.tint(this.fillStyle))} fill-opacity="${this.globalAlpha}"/>`);
  }

  fillText(words, x, y) {
    const [, size, fontFamily] = /([\d.]+)px (.*)$/.exec(this.font);
    const base = y + BASES[this.textBaseline] * Number(size);
    const font = { fontFamily, fontSize: `${size}px`, fontStyle: "normal", fontWeight: 400 };
    this.pieces.push(textOf({ words, x, base, width: null, colour: this.fillStyle, font }, ANCHORS[this.textAlign]));
  }
}

const fine = (v) => +v.toFixed(5);
