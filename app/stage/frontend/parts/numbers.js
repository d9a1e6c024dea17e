/** θ in numbers: sliders, typed numbers, and the family's equation with θ in it. */
import { matrix } from "../maths/grid.js";
import { element } from "../dom.js";
import { POSE, compose, decompose, determinant } from "../maths/pose.js";

/** Of a stage; in a narrower one the sliders are folded away at first: as in stage.css. */
export const NARROW_PIXELS = 540;

/** Two digits after the point, no −0, and large numbers in short. */
export const short = (value) =>
  Math.abs(value) < 1000 ? (Math.round(100 * value) / 100 + 0).toFixed(2) : value.toExponential(1);

/** The same with a true minus sign. */
export const signed = (value) => short(value).replace("-", "−");

/** A digit with its article. */
export const aDigit = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

const subscripts = (name) => name.replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);

/** Rows of a slider and a number each, folded away under a title. */
export class Sliders {
  /**
   * @param {{name: string, range: [number, number], step: number}[]} rows
   * @param {(values: number[], held: HTMLElement) => void} onValues
   */
  constructor(title, rows, columns, open, onValues) {
    this.values = rows.map(() => 0);
    this.inputs = rows.map(({ name, range: [low, high], step }, p) => {
      const range = element("input", { type: "range", min: low, max: high, step });
      const number = element("input", { type: "number", step });
      range.setAttribute("aria-label", name);
      number.setAttribute("aria-label", `${name}, as a number`);
      for (const input of [range, number]) {
        input.oninput = () => {
          const value = Number(input.value);
          if (input.value === "" || !Number.isFinite(value)) return;
          this.values = this.values.map((old, q) => (q === p ? value : old));
          onValues(this.values, input);
        };
      }
      return { range, number };
    });
    const nodes = this.inputs.map(({ range, number }, p) => {
      const name = element("span", { className: "name", textContent: subscripts(rows[p].name) });
      return element("div", { className: "slider" }, name, range, number);
    });
    const sliders = element("div", { className: "sliders" }, ...nodes);
    sliders.style.setProperty("--columns", columns);
    this.summary = element("summary", { textContent: title });
    this.node = element("details", { open }, this.summary, sliders);
  }

  show(values, held) {
    this.values = values;
    this.inputs.forEach(({ range, number }, p) => {
      // A value beyond a slider's end stretches it.
      if (values[p] < Number(range.min)) range.min = Math.floor(values[p]);
      if (values[p] > Number(range.max)) range.max = Math.ceil(values[p]);
      if (range !== held) range.value = values[p];
      if (number !== held) number.value = short(values[p]);
    });
  }
}

/** The entries of θ. */
export class ThetaNumbers extends Sliders {
  constructor(transform, open, onTheta) {
    const rows = transform.names.map((name, p) => ({ name, range: transform.ranges[p], step: 0.01 }));
    super("Parameters θ", rows, transform.slidersInRow, open, onTheta);
  }
}

/** An affine θ as rotation, scale, shear and translation. */
export class PoseNumbers extends Sliders {
  constructor(open, onTheta) {
    super("θ as rotation, scale, shear and translation", POSE, 2, open, (pose, held) => {
      this.values = pose; // so that of the two ways to write it, this one is kept
      onTheta(compose(pose), held);
    });
    this.words = element("p", { className: "words" });
    this.node.append(this.words);
    this.node.style.setProperty("--name", "4rem");
    this.values = [0, 1, 1, 0, 0, 0];
  }

  show(theta, held) {
    super.show(decompose(theta, this.values), held);
    const det = determinant(theta);
    const size = Math.abs(det);
    const what = size < 0.995 ? "a crop: V shows part of U" : size > 1.005 ? "V shows more than U" : "the same area as U";
    this.words.textContent =
      `Determinant ${signed(det)}: |det| ${size < 0.995 ? "< 1" : size > 1.005 ? "> 1" : "= 1"}, ${what}` +
      (det < 0 ? "; it is negative: V is mirrored." : ".");
  }
}

const WHOLE = 6; // columns of a matrix that are shown in full
const MATHML = "http://www.w3.org/1998/Math/MathML";

const math = (name, ...children) => {
  const node = document.createElementNS(MATHML, name);
  node.append(...children);
  return node;
};
const operator = (sign) => math("mo", sign);
const brackets = (rows) => {
  const cells = rows.map((row) => math("mtr", ...row.map((cell) => math("mtd", cell))));
  return math("mrow", operator("["), math("mtable", ...cells), operator("]"));
};
/** A symbol such as x^t, B12 or 1. */
const symbol = (name) => {
  const [, letter, mark, index] = name.match(/^(.)(\^?)(.*)$/);
  if (!index) return math(/\d/.test(letter) ? "mn" : "mi", letter);
  return math(mark ? "msup" : "msub", math("mi", letter), math("mi", index));
};

/** The family's equation T_θ(G) = M_θ B, with M_θ's numbers. */
export class Equation {
  constructor(transform) {
    this.transform = transform;
    const { rows, columns, columnNames, divide } = transform;
    const all = [...Array(columns).keys()];
    this.shown = columns > WHOLE ? [0, 1, 2, columns - 1] : all;
    this.numbers = [...Array(rows)].map(() => this.shown.map(() => math("mn", "")));
    const cut = (cells, dots) =>
      columns > WHOLE ? [...cells.slice(0, -1), operator(dots), ...cells.slice(-1)] : cells;
    const source = (divide ? ["x^′", "y^′", "w^′"] : ["x^s", "y^s"]).map((name) => [symbol(name)]);
    const names = this.shown.map((k) => symbol(columnNames[k]));
    const parts = [
      brackets(source),
      operator("="),
      brackets(this.numbers.map((row) => cut(row, "⋯"))),
      math("mtext", "\u2009"),
      brackets(cut(names, "⋮").map((name) => [name])),
    ];
    for (const n of divide ? ["x", "y"] : []) {
      const share = math("mfrac", symbol(`${n}^′`), symbol("w^′"));
      parts.push(math("mtext", "\u2003"), symbol(`${n}^s`), operator("="), share);
    }
    // A wide one is scrolled, by the arrow keys as well.
    const properties = { className: "equation", tabIndex: 0, role: "group", ariaLabel: "The equation with the values of θ" };
    this.node = element("div", properties, math("math", ...parts));
  }

  show(theta) {
    const m = matrix(this.transform, theta);
    const { columns } = this.transform;
    this.numbers.forEach((row, r) =>
      row.forEach((node, i) => {
        node.textContent = signed(m[r * columns + this.shown[i]]);
      })
    );
  }
}
