/** The photograph with its windows on it, each taken by the hand as a whole, and a cover. */
import { button, element } from "../../dom.js";
import { paintPixels } from "../../parts/drawing.js";
import { arrowOf } from "../../parts/handles.js";

const KEY_STEP = 0.02; // half widths; five times as much with shift
const percent = (v) => `${50 * (v + 1)}%`;
const inside = (v, reach) => Math.max(-reach, Math.min(reach, v));

/** A pixel's centre, normalised. */
const centre = (i, side) => (2 * i + 1) / side - 1;

/**
 * An image of which a square is painted over, as Python does it: every pixel whose centre is in it.
 * @param {import("../../maths/sampling.js").Source} image  @param {number[]|null} cover  x, y, half its side
 */
export function covered(image, cover, colour) {
  if (!cover) return image;
  const { height, width } = image;
  const pixels = Uint8Array.from(image.pixels);
  const [x, y, half] = cover;
  for (let i = 0; i < height * width; i++) {
    if (Math.abs(centre(i % width, width) - x) > half || Math.abs(centre(Math.floor(i / width), height) - y) > half) continue;
    colour.forEach((value, c) => (pixels[c * height * width + i] = value));
  }
  return { ...image, pixels };
}

export class Photo {
  /**
   * @param {object} data  as decode.js gives it
   * @param {{move: (n: number, middle: number[]) => void, take: (n: number) => void, cover: (at: number[]) => void}} hands
   */
  constructor(data, hands) {
    Object.assign(this, { data, hands, covers: false, pinned: false, held: null });
    this.pixels = element("canvas", { className: "pixels", ariaLabel: data.alt });
    this.pixels.setAttribute("role", "img");
    this.formers = data.own.map((_, n) => frame("former", data.colours[n]));
    this.windows = data.own.map((_, n) => this.window(n));
    this.cover = button("", undefined, { className: "cover", hidden: true, title: "The cover: arrow keys move it", ariaLabel: "The cover: arrow keys move it" });
    this.cover.onkeydown = (event) => this.key(event, this.covered ?? [0, 0], hands.cover);
    this.node = element("div", { className: "photo" }, this.pixels, ...this.formers, ...this.windows, this.cover);
    this.listen();
  }

  window(n) {
    const name = `Window ${n + 1}: drag it, or move it with the arrow keys`;
    const one = button("", undefined, { className: `window corner-${n % 4}`, title: name, ariaLabel: name });
    one.append(element("span", { textContent: n + 1 }));
    one.style.setProperty("--colour", this.data.colours[n]);
    one.onkeydown = (event) => this.key(event, this.middles[n], (middle) => hands.move(n, middle));
    const { hands } = this;
    one.onfocus = () => hands.take(n);
    return one;
  }

  key(event, [x, y], move) {
    const arrow = arrowOf(event);
    if (!arrow) return;
    event.preventDefault();
    const step = KEY_STEP * (event.shiftKey ? 5 : 1);
    move([x + step * arrow[0], y + step * arrow[1]]);
  }

  listen() {
    const { node } = this;
    node.onpointerdown = (event) => {
      if (event.button !== 0) return;
      const at = this.where(event);
      if (this.covers) {
        this.pinned = event.pointerType === "mouse" && !this.pinned;
        this.hands.cover(at);
      } else {
        const n = this.nearest(at);
        if (n === undefined) return;
        this.held = { n, from: at, start: this.middles[n] };
        this.windows[n].focus({ preventScroll: true });
      }
      event.preventDefault();
      node.setPointerCapture(event.pointerId);
    };
    node.onpointermove = (event) => {
      const at = this.where(event);
      if (this.covers) {
        const hovers = event.pointerType === "mouse" && !this.pinned;
        if (hovers || node.hasPointerCapture(event.pointerId)) this.hands.cover(at);
      } else if (this.held && node.hasPointerCapture(event.pointerId)) {
        const { n, from, start } = this.held;
        this.hands.move(n, start.map((v, axis) => v + at[axis] - from[axis]));
      }
    };
    node.onpointerup = node.onpointercancel = () => (this.held = null);
  }

  /** Where a pointer is, normalised. */
  where(event) {
    const box = this.node.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((share) => 2 * share - 1);
  }

  /** Of the windows that a place is in, the one whose middle is nearest; undefined outside of all. */
  nearest(at) {
    const away = (n) => Math.hypot(...at.map((v, axis) => v - this.middles[n][axis]));
    const around = this.middles.map((_, n) => n).filter((n) => this.middles[n].every((v, axis) => Math.abs(v - at[axis]) <= this.data.scale));
    return around.sort((a, b) => away(a) - away(b))[0];
  }

  /** A middle at which the whole window is in the image. */
  kept = (middle) => middle.map((v) => inside(v, 1 - this.data.scale));

  /** Have the hand move a cover, or windows. */
  choose(covers) {
    Object.assign(this, { covers, pinned: false, held: null });
    this.node.classList.toggle("covering", covers);
  }

  /** @param {import("../../maths/sampling.js").Source} image  what networks are given now */
  paint(image) {
    paintPixels(this.pixels, image);
  }

  /**
   * @param {number[][]} middles  of the windows  @param {boolean[]} muted
   * @param {number[]|null} cover  @param {number} active  the window that is on top
   */
  show(middles, muted, cover, active) {
    const { scale, own, image } = this.data;
    Object.assign(this, { middles, covered: cover });
    middles.forEach((middle, n) => {
      place(this.windows[n], middle, scale);
      this.windows[n].classList.toggle("muted", muted[n]);
      this.windows[n].classList.toggle("active", n === active);
      place(this.formers[n], own[n], scale);
      this.formers[n].hidden = pixelsBetween(middle, own[n], image.width) < 1;
    });
    this.cover.hidden = !cover;
    if (cover) place(this.cover, cover, cover[2]);
  }
}

/** How far two middles are from each other, in pixels of an image so wide. */
export const pixelsBetween = ([x, y], [u, v], width) => (Math.hypot(x - u, y - v) * width) / 2;

function frame(className, colour) {
  const node = element("div", { className, hidden: true });
  node.style.setProperty("--colour", colour);
  return node;
}

function place(node, [x, y], half) {
  Object.assign(node.style, { left: percent(x - half), top: percent(y - half), width: `${100 * half}%`, height: `${100 * half}%` });
}
