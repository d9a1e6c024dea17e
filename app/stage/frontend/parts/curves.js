/** A small chart of curves over a training, with a cursor where the playhead stands. */
import { element } from "../dom.js";
import { brief, labels, linearTicks, logarithmicTicks, reading } from "./axes.js";
import { ceiling, nearest, smoothed } from "./series.js";

const ROOM = { left: 52, right: 10, top: 8, bottom: 24 }; // for the axes' labels, in pixels
const DASHES = [[], [6, 4], [2, 3]];
const TICK_PIXELS = 34; // from one number on the upright axis to the next, at least
const FAINT = 0.3; // how a curve is drawn behind its running mean
const DOT_PIXELS = 4;

export class Curves {
  /**
   * @param {string} title
   * @param {boolean} linear  the values' axis is not logarithmic, also where the others are
   * @param {[number, number]} [range]  the axis' ends; by default the least and the largest value
   * @param {number} [bound]  above what size a value of a linear axis has diverged
   */
  constructor(title, linear = false, range, bound = Infinity) {
    Object.assign(this, { title, alwaysLinear: linear, linear, range, bound, smooth: false });
    this.canvas = element("canvas", { className: "curves" });
    this.canvas.again = (other) => this.drawAgain(other);
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${title}. Nothing yet`);
    this.legend = element("span", { className: "legend" });
    this.cut = element("span", { className: "cut" });
    this.hover = element("div", { className: "reading", hidden: true });
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.read(event.offsetX, event.offsetY);
    this.canvas.onpointerleave = () => this.read(null);
    this.node = element(
      "figure",
      { className: "chart" },
      element("figcaption", {}, element("b", { textContent: title }), this.legend, this.cut),
      element("div", { className: "plot" }, this.canvas, this.hover)
    );
  }

  /** How all charts are drawn: by linear values, smoothed. */
  arrange({ linear, smooth }) {
    Object.assign(this, { linear: linear || this.alwaysLinear, smooth });
  }

  /**
   * @param {{name: string, colour: string, dash: number, x: number[], y: number[], noisy?: boolean,
   *   dot?: boolean}[]} series  noisy: may be smoothed; dot: a single value
   * @param {{place: (x: number) => number, marks: number[], unit?: string}} axis  x as a share of
   *   the width, which of its values are marked, and what they count
   */
  set(series, axis) {
    Object.assign(this, { series, axis });
    this.means = series.map(({ y, noisy }) => (this.smooth && noisy ? smoothed(y) : null));
    this.legend.replaceChildren(
      ...series.filter(({ name }) => name).map(({ name, colour, dash, dot }) => {
        const style = ["solid", "dashed", "dotted"][dash];
        const line = element("i", { className: dot ? "dot" : "" });
        if (dot) line.style.background = colour;
        else line.style.borderTop = `3px ${style} ${colour}`;
        return element("span", {}, line, name);
      })
    );
    this.measure();
    this.canvas.setAttribute("aria-label", [this.title, ...series.map((one) => spoken(one, axis))].join(". "));
    this.base = null; // to be drawn again
  }

  /** The upright axis' ends, and what is beyond them. */
  measure() {
    const values = this.series.flatMap(({ y }) => y.filter((v) => this.isDrawn(v)));
    if (!values.length) values.push(1); // nothing has been logged yet
    const [least, most] = ends(values);
    const bounds = this.range ?? this.bounds();
    const [low, high] = [Math.max(least, bounds[0]), Math.min(most, bounds[1])];
    this.setEnds(...(this.range ?? [low, high]));
    const isCut = !this.range && (least < low || most > high);
    this.cut.textContent = isCut ? `cut off at ${reading(most > high ? high : low)}; reaches ${reading(most > high ? most : least)}` : "";
  }

  /** Between which values a training is that has not diverged. */
  bounds() {
    if (this.alwaysLinear) return [-this.bound, this.bound];
    return [-Infinity, Math.max(...this.series.filter(({ dot }) => !dot).map(({ y }) => ceiling(y)), 0) || Infinity];
  }

  setEnds(low, high) {
    [this.low, this.high] = [low, high];
    if (this.high > this.low) return;
    const room = Math.abs(this.low) || 1;
    [this.low, this.high] = this.linear ? [this.low - room, this.low + room] : [this.low / 2 || 0.1, this.low * 2 || 1];
  }

  isDrawn(value) {
    return Number.isFinite(value) && (this.linear || value > 0);
  }

  height(y) {
    const scale = this.linear ? (v) => v : Math.log10;
    return 1 - (scale(y) - scale(this.low)) / (scale(this.high) - scale(this.low));
  }

  /** @param {number} x  the cursor's place; what has been drawn beneath it is kept */
  draw(x) {
    const { canvas } = this;
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (!wide || !this.series) return;
    this.at = x;
    const sharp = window.devicePixelRatio || 1;
    const { color } = getComputedStyle(canvas);
    if (!this.base || this.base.wide !== wide || this.base.high !== high || this.base.color !== color) {
      canvas.width = wide * sharp;
      canvas.height = high * sharp;
      const kept = document.createElement("canvas");
      [kept.width, kept.height] = [canvas.width, canvas.height];
      this.paint(kept.getContext("2d"), wide, high, sharp);
      this.base = { kept, wide, high, color };
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.base.kept, 0, 0);
    context.scale(sharp, sharp);
    this.paintCursor(context, wide, high);
  }

  /** What is on the canvas, on another one: for a file. */
  drawAgain(canvas) {
    if (!this.series) return;
    const [wide, high, sharp] = [canvas.clientWidth, canvas.clientHeight, canvas.sharp];
    Object.assign(canvas, { width: wide * sharp, height: high * sharp });
    const context = canvas.getContext("2d");
    this.paint(context, wide, high, sharp);
    this.paintCursor(context, wide, high);
  }

  paintCursor(context, wide, high) {
    const [left, right] = [ROOM.left, wide - ROOM.right];
    const at = left + Math.min(1, this.axis.place(this.at)) * (right - left);
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 1.5;
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(at, ROOM.top);
    context.lineTo(at, high - ROOM.bottom);
    context.stroke();
  }

  paint(context, wide, high, sharp) {
    context.scale(sharp, sharp);
    const style = getComputedStyle(this.canvas);
    const [w, h] = [wide - ROOM.left - ROOM.right, high - ROOM.top - ROOM.bottom];
    const [px, py] = [(x) => ROOM.left + this.axis.place(x) * w, (y) => ROOM.top + this.height(y) * h];
    context.font = `12px ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.strokeStyle = style.getPropertyValue("--st-border-color");
    this.paintAxes(context, px, py, wide, high);
    context.save();
    context.beginPath();
    context.rect(ROOM.left - 2, ROOM.top - 2, w + 4, h + 4); // what has diverged ends at the axes
    context.clip();
    this.series.forEach((one, n) => {
      const mean = this.means[n];
      if (mean) this.paintLine(context, { ...one, dash: 0 }, px, py, FAINT);
      if (one.dot) this.paintDot(context, one, px, py);
      else this.paintLine(context, mean ? { ...one, y: mean } : one, px, py, 1);
    });
    context.restore();
  }

  paintAxes(context, px, py, wide, high) {
    const count = Math.max(2, Math.floor((high - ROOM.top - ROOM.bottom) / TICK_PIXELS));
    const ticks = (this.linear ? linearTicks : logarithmicTicks)(this.low, this.high, count);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const words = this.linear ? labels(ticks) : ticks.map((v) => brief(+v.toPrecision(6)));
    ticks.forEach((y, i) => {
      context.fillText(words[i], ROOM.left - 6, py(y));
      context.beginPath();
      context.moveTo(ROOM.left, py(y));
      context.lineTo(wide - ROOM.right, py(y));
      context.stroke();
    });
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const x of this.axis.marks) context.fillText(brief(x).replace(/^-/, "−"), px(x), high - ROOM.bottom + 6);
    context.textAlign = "right";
    context.fillText(this.axis.unit ?? "", px(0) - 12, high - ROOM.bottom + 6);
  }

  paintLine(context, { colour, dash, x, y }, px, py, alpha) {
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = alpha < 1 ? 1 : 2;
    context.setLineDash(DASHES[dash]);
    context.beginPath();
    y.forEach((value, i) => {
      if (this.isDrawn(value)) context.lineTo(px(x[i]), py(value));
    });
    context.stroke();
    context.globalAlpha = 1;
  }

  paintDot(context, { colour, x, y }, px, py) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(px(x[0]), py(y[0]), DOT_PIXELS, 0, 2 * Math.PI);
    context.fill();
  }

  /** The values of every curve where the pointer is; null: it has left. */
  read(x, y) {
    const width = this.canvas.clientWidth - ROOM.left - ROOM.right;
    const share = (x - ROOM.left) / width;
    const known = this.series?.map((one) => ({ ...one, i: nearest(one, this.axis.place, share) })).filter(({ i }) => i >= 0);
    this.hover.hidden = x === null || share < -0.02 || share > 1.02 || !known?.length;
    if (this.hover.hidden) return;
    const first = known.reduce((a, b) => (away(a, this.axis, share) <= away(b, this.axis, share) ? a : b));
    const moment = first.x[first.i];
    const here = known.filter((one) => Math.abs(this.axis.place(one.x[one.i]) - this.axis.place(moment)) * width < 12);
    const unit = this.axis.unit === "s" ? `${reading(moment)} s` : `${this.axis.unit ?? ""} ${moment.toLocaleString("en")}`;
    this.hover.replaceChildren(
      element("b", { textContent: unit }),
      ...here.map(({ name, colour, y: values, i }) => {
        const line = element("span", { textContent: `${name ? `${name} ` : ""}${reading(values[i])}` });
        line.style.borderLeft = `3px solid ${colour}`;
        return line;
      })
    );
    this.hover.style.top = `${Math.max(0, y - 10)}px`;
    this.hover.style.left = share < 0.5 ? `${x + 14}px` : "";
    this.hover.style.right = share < 0.5 ? "" : `${this.canvas.clientWidth - x + 14}px`;
  }
}

const SPOKEN = 5; // values of a curve that are said, from its first to its last

/** A curve in words, for those who do not see it. */
function spoken({ name, x, y }, { unit }) {
  const known = [...y.keys()].filter((i) => Number.isFinite(y[i]));
  const count = Math.min(SPOKEN, known.length);
  const said = [...Array(count).keys()].map((n) => known[Math.round((n * (known.length - 1)) / Math.max(1, count - 1))]);
  const values = said.map((i) => `${reading(y[i])} at ${unit ?? ""} ${reading(x[i])}`).join(", ");
  return `${name ? `${name}: ` : ""}${values || "nothing yet"}`;
}

const away = ({ x, i }, axis, share) => Math.abs(axis.place(x[i]) - share);

/** The least and the largest; there may be more values than a function takes arguments. */
const ends = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

/** Charts of one kind have the same upright axis, so that they can be compared. */
export function share(charts) {
  const shown = charts.filter(Boolean);
  const low = Math.min(...shown.map((chart) => chart.low));
  const high = Math.max(...shown.map((chart) => chart.high));
  for (const chart of shown) chart.setEnds(low, high);
}
