/** A loss over two numbers of an affine θ, the others as they are: a map, on which θ can be moved. */
import { element } from "../../dom.js";
import { IDENTITY } from "../../maths/affine.js";
import { compose, decompose } from "../../maths/pose.js";
import { arrowOf } from "../../parts/handles.js";
import { onDrag } from "../../parts/touch.js";

const SIDE = 37; // points of the map in either direction
const FIRST_STRIDE = 4; // it is drawn coarsely first
const BUSY_MILLISECONDS = 10; // of each frame
const MAX_LOSS = 20; // from which on every loss has the last colour: one scale for all digits
const BANDS = 14; // of the colours: their edges are contours
const LETTER_PIXELS = 13;
const ROOM = { left: 0.15, bottom: 0.13, top: 0.03, right: 0.03 }; // shares of the pane
const AXES = {
  rotation: { name: "rotation", unit: "°", range: [-90, 90], get: (p) => p[0], set: (p, v) => [v, ...p.slice(1)] },
  scale: {
    name: "scale", unit: "", range: [0.25, 1.5],
    get: (p) => Math.sqrt(Math.abs(p[1] * p[2])),
    set: (p, v) => {
      const share = v / Math.max(1e-6, Math.sqrt(Math.abs(p[1] * p[2])));
      return [p[0], p[1] * share, p[2] * share, ...p.slice(3)];
    },
  },
  x: { name: "shift in x", unit: "", range: [-1, 1], get: (p) => p[4], set: (p, v) => [...p.slice(0, 4), v, p[5]] },
  y: { name: "shift in y", unit: "", range: [-1, 1], get: (p) => p[5], set: (p, v) => [...p.slice(0, 5), v] },
};

const LABEL = "Loss over two components of θ; arrow keys move θ";

const inWords = (axis, value) => `${AXES[axis].name} ${+value.toFixed(2)}${AXES[axis].unit}`.replace("-", "−");

/** Colours of a ramp of hexadecimal stops, as [r, g, b], at a share of it. */
function ramp(stops, share) {
  const at = Math.min(stops.length - 1.0001, Math.max(0, share) * (stops.length - 1));
  const part = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  const [low, high] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  return [0, 1, 2].map((i) => part(low, i) + (at % 1) * (part(high, i) - part(low, i)));
}

export class Landscape {
  /**
   * @param {{ramp: string[], grid: string}} colours
   * @param {(theta: number[]) => void} onTheta  a hand has moved θ on the map
   * @param {(theta: number[]) => number} lossOf
   * @param {{name: string, theta: number[]}[]} marks
   */
  constructor(colours, onTheta, lossOf, marks) {
    Object.assign(this, { colours, onTheta, lossOf, marks, across: "rotation", up: "scale", path: [] });
    this.map = element("canvas");
    this.map.width = this.map.height = SIDE;
    this.canvas = element("canvas", { className: "overlay", tabIndex: 0 });
    Object.assign(this.canvas, { again: (other) => this.drawOn(other), asPixels: true });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", LABEL);
    onDrag(this.canvas, (event) => this.point(event));
    this.canvas.onkeydown = (event) => this.key(event);
    const square = element("div", { className: "square landscape" }, this.canvas);
    const select = (which, label) => {
      const options = Object.entries(AXES).map(([value, { name }]) =>
        element("option", { value, textContent: name, selected: value === this[which] })
      );
      const node = element("select", { title: label }, ...options);
      node.setAttribute("aria-label", label);
      node.onchange = () => {
        this[which] = node.value;
        this.survey(this.theta);
      };
      return node;
    };
    const bar = element("i", { className: "ramp" });
    bar.style.background = `linear-gradient(to right, ${colours.ramp.join(", ")})`;
    const legend = element("span", { className: "scale" }, "loss 0 ", bar, ` ${MAX_LOSS} or more`);
    const caption = element("figcaption", {}, "Loss over ", select("across", "Horizontal axis"), " and ", select("up", "Vertical axis"), "; the rest of θ is fixed", legend);
    this.node = element("figure", { className: "pane" }, square, caption);
    this.node.dataset.pane = "landscape";
  }

  /** Take these axes; false if there is no such one. */
  choose(axes) {
    if (!Array.isArray(axes) || axes.length !== 2 || !axes.every((axis) => Object.hasOwn(AXES, axis))) return false;
    [this.across, this.up] = axes;
    this.node.querySelectorAll("select").forEach((select, i) => (select.value = axes[i]));
    if (this.theta) this.survey(this.theta);
    return true;
  }

  pose(theta) {
    return decompose(theta, this.theta ? decompose(this.theta, IDENTITY) : IDENTITY);
  }

  /** θ with the map's two numbers set. */
  at(pose, x, y) {
    return compose(AXES[this.up].set(AXES[this.across].set(pose, x), y));
  }

  value(axis, share) {
    const [low, high] = AXES[axis].range;
    return low + share * (high - low);
  }

  share(axis, value) {
    const [low, high] = AXES[axis].range;
    return (value - low) / (high - low);
  }

  // -- the map

  /** Work the map out anew around this θ, coarsely first, a little in every frame. */
  survey(theta, anew = false) {
    this.theta = theta;
    const pose = this.pose(theta);
    const others = this.at(pose, 0.5, 0.5).map((v) => v.toFixed(4));
    const subject = [this.across, this.up, ...others].join();
    if (subject === this.subject && !anew) return; // θ has moved on the map alone
    this.subject = subject;
    this.stop();
    const losses = new Float32Array(SIDE * SIDE).fill(NaN);
    const order = [];
    for (let stride = FIRST_STRIDE; stride >= 1; stride /= 2) {
      for (let row = 0; row < SIDE; row += stride) {
        for (let column = 0; column < SIDE; column += stride) order.push([row, column, stride]);
      }
    }
    const coarse = Math.ceil(SIDE / FIRST_STRIDE) ** 2;
    let next = 0;
    const tick = () => {
      const until = performance.now() + BUSY_MILLISECONDS;
      while (next < order.length && performance.now() < until) {
        const [row, column] = order[next];
        if (Number.isNaN(losses[row * SIDE + column])) {
          const [x, y] = [this.value(this.across, column / (SIDE - 1)), this.value(this.up, 1 - row / (SIDE - 1))];
          losses[row * SIDE + column] = this.lossOf(this.at(pose, x, y));
        }
        next += 1;
      }
      this.done = next >= order.length;
      this.losses = losses;
      if (next >= coarse) this.paint(next < order.length ? order[next][2] : 1);
      this.frame = this.done ? 0 : requestAnimationFrame(tick);
      if (this.done) this.describe();
    };
    this.done = false;
    tick();
  }

  /** The map in words, for those who do not see it. */
  describe() {
    const known = [...this.losses.keys()].filter((i) => Number.isFinite(this.losses[i]));
    const [low, high] = [(a, b) => (this.losses[b] < this.losses[a] ? b : a), (a, b) => (this.losses[b] > this.losses[a] ? b : a)]
      .map((better) => known.reduce(better));
    const words = (i) => {
      const [x, y] = [this.value(this.across, (i % SIDE) / (SIDE - 1)), this.value(this.up, 1 - Math.floor(i / SIDE) / (SIDE - 1))];
      return `${this.losses[i].toFixed(2)} at ${inWords(this.across, x)}, ${inWords(this.up, y)}`;
    };
    this.canvas.setAttribute("aria-label", `${LABEL}. Lowest on the map: ${words(low)}; highest: ${words(high)}`);
  }

  /** Colours of what is known; of the rest, those of the nearest point that is. */
  paint(stride) {
    const scale = (loss) => Math.log1p(Math.max(0, loss)) / Math.log1p(MAX_LOSS);
    const coarse = Math.min(FIRST_STRIDE, stride * 2);
    const context = this.map.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < this.losses.length; i++) {
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      const near = Math.floor(row / coarse) * coarse * SIDE + Math.floor(column / coarse) * coarse;
      const loss = Number.isFinite(this.losses[i]) ? this.losses[i] : this.losses[near];
      const band = Number.isFinite(loss) ? Math.round(scale(loss) * BANDS) / BANDS : 1;
      image.data.set([...ramp(this.colours.ramp, band), 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    this.draw();
  }

  // -- θ on it

  mark(theta) {
    this.theta = theta;
    const pose = this.pose(theta);
    const place = [this.across, this.up].map((axis) => inWords(axis, AXES[axis].get(pose)));
    this.canvas.setAttribute("aria-description", `θ is at ${place.join(", ")}`);
    this.draw();
  }

  /** Where a θ is on the canvas, in shares of its width. */
  place(theta) {
    const pose = this.pose(theta);
    const [x, y] = [this.share(this.across, AXES[this.across].get(pose)), this.share(this.up, AXES[this.up].get(pose))];
    const inside = (v) => Math.max(0, Math.min(1, v));
    return [ROOM.left + inside(x) * (1 - ROOM.left - ROOM.right), 1 - ROOM.bottom - inside(y) * (1 - ROOM.top - ROOM.bottom)];
  }

  draw() {
    this.drawOn(this.canvas);
  }

  /** sharp: of a canvas for a file, its pixels for one of the screen's. */
  drawOn(canvas) {
    const side = Math.round(canvas.clientWidth * (canvas.sharp ?? (window.devicePixelRatio || 1)));
    if (!side || !this.theta) return;
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.scale(side, side);
    const pixel = 1 / canvas.clientWidth;
    const [wide, high] = [1 - ROOM.left - ROOM.right, 1 - ROOM.top - ROOM.bottom];
    context.imageSmoothingEnabled = false;
    if (this.losses) context.drawImage(this.map, ROOM.left, ROOM.top, wide, high);
    this.axes(context, pixel, wide, high);
    const line = (width, colour) => {
      context.lineWidth = width * pixel;
      context.strokeStyle = colour;
      context.beginPath();
      this.path.forEach((theta) => context.lineTo(...this.place(theta)));
      context.stroke();
    };
    if (this.path.length > 1) [[5, "#000"], [2.5, "#fff"]].forEach(([width, colour]) => line(width, colour));
    const dot = (theta, radius, fill) => {
      context.beginPath();
      context.arc(...this.place(theta), radius * pixel, 0, 2 * Math.PI);
      context.fillStyle = fill;
      context.fill();
      context.lineWidth = 1.5 * pixel;
      context.strokeStyle = "#000";
      context.stroke();
    };
    for (const { name, theta } of this.marks) {
      const [x, y] = this.place(theta);
      const left = x > 0.7;
      dot(theta, 4, "#fff");
      this.write(context, name, x + (left ? -9 : 9) * pixel, y, left ? "right" : "left", "middle");
    }
    dot(this.theta, 7, this.colours.grid);
  }

  axes(context, pixel, wide, high) {
    const words = (axis, value) => `${+value.toFixed(2)}${AXES[axis].unit}`.replace("-", "−");
    const [along, below] = [["left", "center", "right"], ["bottom", "middle", "top"]];
    const axis = (which) => AXES[which].name;
    this.write(context, axis(this.across), ROOM.left + wide / 2, 1 - 2 * pixel, "center", "bottom");
    this.write(context, axis(this.up), ROOM.left + 6 * pixel, ROOM.top + 6 * pixel, "left", "top");
    [0, 0.5, 1].forEach((share, i) => {
      const [x, y] = [ROOM.left + share * wide, 1 - ROOM.bottom - share * high];
      const [across, up] = [this.across, this.up].map((axis) => words(axis, this.value(axis, share)));
      this.write(context, across, x, 1 - ROOM.bottom + 6 * pixel, along[i], "top");
      this.write(context, up, ROOM.left - 6 * pixel, y, "right", below[i]);
    });
  }

  /** Words at a place in shares of the canvas; letters have a size in pixels, and an outline. */
  write(context, words, x, y, align, baseline) {
    const { width, clientWidth } = context.canvas;
    const sharp = width / clientWidth;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    Object.assign(context, { textAlign: align, textBaseline: baseline, lineWidth: 3 * sharp, strokeStyle: "#000", fillStyle: "#fff" });
    context.font = `${LETTER_PIXELS * sharp}px ${getComputedStyle(this.canvas).fontFamily}`;
    context.strokeText(words, x * width, y * width);
    context.fillText(words, x * width, y * width);
    context.restore();
  }

  // -- what a hand does

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const inside = (v) => Math.max(0, Math.min(1, v));
    this.move(inside((x - ROOM.left) / (1 - ROOM.left - ROOM.right)), inside((1 - ROOM.bottom - y) / (1 - ROOM.top - ROOM.bottom)));
  }

  move(x, y) {
    this.path = [];
    this.onTheta(this.at(this.pose(this.theta), this.value(this.across, x), this.value(this.up, y)));
  }

  key(event) {
    const arrow = arrowOf(event);
    if (!arrow) return;
    event.preventDefault();
    const pose = this.pose(this.theta);
    const step = event.shiftKey ? 0.1 : 0.02;
    const [x, y] = [this.share(this.across, AXES[this.across].get(pose)), this.share(this.up, AXES[this.up].get(pose))];
    this.move(x + step * arrow[0], y - step * arrow[1]);
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
