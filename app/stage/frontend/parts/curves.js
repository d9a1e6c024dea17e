/** A small chart of curves over a training, with a cursor where the playhead stands. */
import { element } from "../dom.js";

const ROOM = { left: 52, right: 10, top: 8, bottom: 24 }; // for the axes' labels, in pixels
const DASHES = [[], [6, 4], [2, 3]];

/** The powers of ten between two numbers. */
function powers(low, high) {
  const result = [];
  for (let e = Math.ceil(Math.log10(low) - 1e-9); 10 ** e <= high * 1.001; e++) result.push(10 ** e);
  return result;
}

/** What is marked between two numbers: powers of ten, and some between them where there are few. */
function ticks(low, high) {
  const count = powers(low, high).length;
  const steps = count > 3 ? [1] : count > 2 ? [1, 3] : [1, 2, 5];
  const marks = powers(low / 10, high).flatMap((p) => steps.map((step) => step * p));
  return marks.filter((v) => v >= low * 0.999 && v <= high * 1.001);
}

/** 20000 as 20k; what is written of 0.00001 is 1e-5. */
const brief = (value) => {
  if (value >= 1000) return `${+(value / 1000).toPrecision(3)}k`;
  return value !== 0 && value < 0.001 ? value.toExponential(0) : String(+value.toPrecision(3));
};

/** Steps (or seconds) along a chart: linear up to a unit, and logarithmic from there to the last. */
export function logarithmic(unit, last, name) {
  const place = (x) => Math.log1p(x / unit) / Math.log1p(last / unit);
  return { place, marks: [0, ...powers(unit, last)], unit: name };
}

/** The columns of a history as a row for each step, for a file; what was not recorded has none. */
export function rowsOf(history) {
  const columns = Object.entries(history).filter(([, values]) => values);
  return history.step.map((_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}

export class Curves {
  /**
   * @param {string} title
   * @param {boolean} linear  the values' axis is not logarithmic
   * @param {[number, number]} [range]  the axis' ends; by default the least and the largest value
   */
  constructor(title, linear = false, range) {
    Object.assign(this, { linear, range });
    this.canvas = element("canvas", { className: "curves" });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", title);
    this.legend = element("span", { className: "legend" });
    this.node = element(
      "figure",
      { className: "chart" },
      element("figcaption", {}, element("b", { textContent: title }), this.legend),
      this.canvas
    );
  }

  /**
   * @param {{name: string, colour: string, dash: number, x: number[], y: number[]}[]} series
   * @param {{place: (x: number) => number, marks: number[], unit?: string}} axis  x as a share of
   *   the width, which of its values are marked, and what they count
   */
  set(series, axis) {
    Object.assign(this, { series, axis });
    this.legend.replaceChildren(
      ...series.filter(({ name }) => name).map(({ name, colour, dash }) => {
        const style = ["solid", "dashed", "dotted"][dash];
        const line = element("i", {});
        line.style.borderTop = `3px ${style} ${colour}`;
        return element("span", {}, line, name);
      })
    );
    const values = series.flatMap(({ y }) => y.filter((v) => Number.isFinite(v) && (this.linear || v > 0)));
    if (!values.length) values.push(1); // nothing has been logged yet
    [this.low, this.high] = this.range ?? [Math.min(...values), Math.max(...values)];
    if (!(this.high > this.low)) {
      const room = Math.abs(this.low) || 1;
      [this.low, this.high] = this.linear ? [this.low - room, this.low + room] : [this.low / 2 || 0.1, this.low * 2 || 1];
    }
    this.base = null; // to be drawn again
  }

  height(y) {
    const scale = this.linear ? (v) => v : Math.log10;
    return 1 - (scale(y) - scale(this.low)) / (scale(this.high) - scale(this.low));
  }

  /** What is written at a value of a linear axis: in as many digits as tell its ends apart. */
  rounded(y) {
    const span = this.high - this.low;
    const digits = 2 + Math.max(0, Math.floor(Math.log10(Math.max(Math.abs(this.low), Math.abs(this.high)) / span)));
    if (Math.abs(y) < span / 1000) return "0";
    return Math.abs(y) < 1e-4 ? y.toExponential(1) : String(+y.toPrecision(digits));
  }

  /** @param {number} x  the cursor's place; what has been drawn beneath it is kept */
  draw(x) {
    const { canvas } = this;
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (!wide || !this.series) return;
    const sharp = window.devicePixelRatio || 1;
    if (!this.base || this.base.wide !== wide || this.base.high !== high) {
      canvas.width = wide * sharp;
      canvas.height = high * sharp;
      const kept = document.createElement("canvas");
      [kept.width, kept.height] = [canvas.width, canvas.height];
      this.paint(kept.getContext("2d"), wide, high, sharp);
      this.base = { kept, wide, high };
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.base.kept, 0, 0);
    context.scale(sharp, sharp);
    const at = ROOM.left + this.axis.place(x) * (wide - ROOM.left - ROOM.right);
    context.strokeStyle = getComputedStyle(canvas).color;
    context.lineWidth = 1.5;
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
    const grid = this.linear ? [this.low, (this.low + this.high) / 2, this.high] : ticks(this.low, this.high);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const y of grid) {
      context.fillText(this.linear ? this.rounded(y) : brief(y), ROOM.left - 6, py(y));
      context.beginPath();
      context.moveTo(ROOM.left, py(y));
      context.lineTo(wide - ROOM.right, py(y));
      context.stroke();
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const x of this.axis.marks) context.fillText(brief(x), px(x), high - ROOM.bottom + 6);
    context.textAlign = "right";
    context.fillText(this.axis.unit ?? "", px(0) - 12, high - ROOM.bottom + 6);
    for (const { colour, dash, x, y } of this.series) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash(DASHES[dash]);
      context.beginPath();
      y.forEach((value, i) => {
        if (Number.isFinite(value) && (this.linear || value > 0)) context.lineTo(px(x[i]), py(value));
      });
      context.stroke();
    }
  }
}
