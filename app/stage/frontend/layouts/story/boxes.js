/** What stands in the boxes of Fig. 2: maps, θ, the grid and the classes, as they are now. */
import { element } from "../../dom.js";
import { IDENTITY } from "../../maths/affine.js";
import { points } from "../../maths/grid.js";
import { softmax } from "../../maths/layers.js";
import { decompose } from "../../maths/pose.js";
import { drawFrame, drawGrids, paintPixels } from "../../parts/drawing.js";
import { Equation, ThetaNumbers, aDigit, short, signed } from "../../parts/numbers.js";
import { FilterZoom } from "./filters.js";

const OUTLINE = "#8c98a4"; // of U, behind the grid that is drawn alone
const GAP = 1; // between the small maps, in their pixels
const RECTIFIED = [3, 5, 7]; // of the localisation network's layers
const CONVOLVED = 2; // of these

const percent = (share) => `${(100 * share).toFixed(share > 0.995 && share < 0.9995 ? 1 : 0)} %`;

/** What a box is inside, with the numbers of now: opened where it stands, over what is beside it. */
function zoom(summary, ...parts) {
  return element("details", { className: "equations", name: "zoom" }, element("summary", { innerHTML: summary }), element("div", { className: "zoomed" }, ...parts));
}

/** The localisation network's maps, as small pictures. */
export class MapsBox {
  /** @param {import("../../maths/layers.js").Layer[]} layers  @param {number} size  of U, in pixels */
  constructor(layers, size) {
    const names = layers.filter(({ outputs }) => outputs).slice(0, -1).map(({ kind, outputs, kernel }) =>
      kind === "linear" ? `${outputs} units` : `${outputs} filters, ${kernel} × ${kernel}`
    );
    this.brightest = RECTIFIED.map(() => 1e-6); // of each layer so far
    this.pictures = RECTIFIED.map((_, i) => element("canvas", { className: "maps", role: "img", ariaLabel: `Activations of ${names[i]}` }));
    const words = element("p", { className: "words" });
    words.textContent = `${size} × ${size} pixels → 6 parameters, trained on class labels only`;
    const figures = this.pictures.map((pixels, i) => element("figure", {}, pixels, element("figcaption", { textContent: names[i] })));
    this.filter = new FilterZoom(layers);
    this.zoom = zoom("One filter, close up", words, this.filter.node);
    this.zoom.ontoggle = () => this.zoomIn();
    this.pictures.slice(0, CONVOLVED).forEach((canvas, i) => {
      canvas.onpointermove = canvas.onpointerdown = (event) => this.zoom.open && this.zoomIn(i, placeOf(event, canvas, this.outputs[RECTIFIED[i]]));
    });
    this.nodes = [...figures, this.zoom];
  }

  /**
   * @param {import("../../maths/layers.js").Maps} input
   * @param {import("../../maths/layers.js").Maps[]} outputs  of every layer
   */
  show(input, outputs) {
    Object.assign(this, { input, outputs });
    this.pictures.forEach((canvas, i) => {
      const maps = outputs[RECTIFIED[i]];
      this.brightest[i] = Math.max(this.brightest[i], ...maps.values);
      paintPixels(canvas, tiled(maps, this.brightest[i]));
    });
    this.zoomIn(...(this.pointed ?? []));
  }

  /** @param {number} layer  of the maps @param {number[]} [place]  in them */
  zoomIn(layer = 0, place = undefined) {
    if (place) this.pointed = [layer, place];
    if (this.zoom.open && this.outputs) this.filter.show(this.input, this.outputs, RECTIFIED[layer], place);
  }
}

/** How many maps there are beside one another. */
const across = ({ channels, height }) => Math.ceil(channels / (height === 1 ? 2 : 3));

/** Channel, row and column of the maps' value under a pointer; none between them. */
function placeOf(event, canvas, maps) {
  const box = canvas.getBoundingClientRect();
  const x = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
  const y = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
  const [row, column] = [y % (maps.height + GAP), x % (maps.width + GAP)];
  const channel = Math.floor(y / (maps.height + GAP)) * across(maps) + Math.floor(x / (maps.width + GAP));
  return row < maps.height && column < maps.width && channel < maps.channels ? [channel, row, column] : undefined;
}

/** Maps side by side as one picture. */
function tiled({ channels, height, width, values }, brightest) {
  const inRow = across({ channels, height });
  const down = Math.ceil(channels / inRow);
  const [h, w] = [height + GAP, width + GAP];
  const whole = { channels: 1, height: down * h - GAP, width: inRow * w - GAP };
  const pixels = new Float32Array(whole.height * whole.width);
  for (let c = 0; c < channels; c++) {
    const [top, left] = [Math.floor(c / inRow) * h, (c % inRow) * w];
    for (let i = 0; i < height * width; i++) {
      const [y, x] = [top + Math.floor(i / width), left + (i % width)];
      pixels[y * whole.width + x] = 40 + (215 * values[c * height * width + i]) / brightest;
    }
  }
  return { ...whole, pixels };
}

/** How far a pose is turned from another: −180 to 180 degrees. */
export function angleBetween(pose, first) {
  const [now, before] = [pose, first].map((theta) => decompose(theta, IDENTITY)[0]);
  return ((now - before + 540) % 360) - 180;
}

export const turnWords = (degrees) => `digit turned by ${Math.round(degrees) + 0}°`.replace("-", "−");

/** θ as numbers, and as a pose. */
export class ThetaBox {
  /** @param {object} form  of θ  @param {(theta: number[], held: HTMLElement) => void} onTheta */
  constructor(form, onTheta) {
    this.pose = element("p", { className: "words pose" });
    this.origin = element("p", { className: "whose" });
    this.cells = [...Array(6)].map(() => element("td"));
    const rows = [this.cells.slice(0, 3), this.cells.slice(3)].map((cells) => element("tr", {}, ...cells));
    this.table = element("table", { className: "matrix", role: "img" }, ...rows);
    this.gradient = element("p", { className: "words gradient" });
    this.sliders = new ThetaNumbers({ ...form, slidersInRow: 1 }, true, onTheta);
    this.sliders.summary.hidden = true;
    this.nodes = [this.origin, this.table, this.pose, this.gradient, zoom("Set each by hand", this.sliders.node)];
  }

  /** @param {number[]|null} gradient  ∂loss/∂θ */
  showGradient(gradient) {
    this.gradient.hidden = !gradient;
    if (gradient) this.gradient.innerHTML = `−∂loss/∂θ = (${gradient.map((g) => signed(-g)).join(", ")})`;
  }

  /** @param {string} origin  whose θ it is  @param {HTMLElement} [held]  the slider that is moved */
  show(theta, origin, held) {
    this.sliders.show(theta, held);
    theta.forEach((value, p) => (this.cells[p].textContent = signed(value)));
    this.table.setAttribute("aria-label", `Parameters θ, row by row: ${theta.map(short).join(", ")}`);
    const [degrees, sx, sy, shear, x, y] = decompose(theta, IDENTITY).map(signed);
    const lines = [`grid turned ${degrees.replace(/\.\d+/, "")}°,`, `scaled ${sx} × ${sy},`, `shear ${shear},`, `shifted (${x}, ${y})`];
    this.pose.innerHTML = lines.map((line) => `<span>${line}</span>`).join(" ");
    this.origin.textContent = origin;
  }
}

/** The grid alone, on where U is. */
export class GridBox {
  constructor(form, colours) {
    Object.assign(this, { form, colours });
    this.outline = element("canvas", { className: "overlay" });
    this.lines = element("canvas", { className: "overlay" });
    const ariaLabel = "Sampling grid T_θ(G) on the outline of the image U";
    const square = element("div", { className: "square", role: "img", ariaLabel }, this.outline, this.lines);
    this.equation = new Equation(form);
    const live = element("div", { className: "live" }, this.equation.node);
    const caption = element("p", { className: "words", textContent: "grey: U, from −1 to 1" });
    this.nodes = [square, caption, zoom("T<sub>θ</sub>(G), the paper’s Eq. 1", live)];
  }

  show(theta) {
    const { form, colours } = this;
    this.equation.show(theta);
    drawGrids(this.lines, [{ grid: points(form, theta, form.latticeTarget), colour: colours.grid }], form.lattice, colours.corner);
    drawFrame(this.outline, OUTLINE);
  }
}

/** The classes with their probabilities. */
export class ClassesBox {
  /** @param {number} side  of V as the classifier has it, in pixels */
  constructor(side) {
    this.verdict = element("p", { className: "said", ariaLive: "polite" });
    this.rows = [...Array(10).keys()].map((name) => {
      const [bar, share] = [element("i"), element("span")];
      return { bar, share, node: element("div", { className: "row" }, element("b", { textContent: name }), bar, share) };
    });
    this.softmax = element("p", { className: "words" });
    this.loss = element("p", { className: "words loss" });
    const rows = element("div", { className: "rows" }, ...this.rows.map(({ node }) => node));
    this.nodes = [this.verdict, this.loss, rows, zoom("Softmax", element("p", { className: "words", textContent: `The classifier reads V, averaged to ${side} × ${side} pixels.` }), this.softmax)];
  }

  /** There is nothing to read yet. */
  wait() {
    this.verdict.textContent = "Nothing to read yet";
    this.loss.hidden = true;
    for (const { node, bar, share } of this.rows) {
      bar.style.width = share.textContent = "";
      node.className = "row";
    }
  }

  /** @param {number|null} loss  of the label, where it is looked at */
  show(logits, label, loss = null) {
    const odds = softmax(logits);
    const best = odds.indexOf(Math.max(...odds));
    this.verdict.innerHTML = `Reads <b>${best}</b> (${percent(odds[best])}) ${label === null ? "" : best === label ? "✓" : `✗ — it is ${aDigit(label)}`}`;
    this.loss.hidden = loss === null;
    const labelled = label ?? best;
    if (loss !== null) this.loss.textContent = `label ${labelled}: loss −log p(${labelled}) = ${loss.toFixed(3)}`;
    this.rows.forEach(({ node, bar, share }, c) => {
      bar.style.width = `${Math.max(0.5, 62 * odds[c])}%`;
      share.textContent = odds[c] < 0.005 ? "" : percent(odds[c]);
      node.className = c === best ? "row said" : "row";
    });
    const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
    this.softmax.textContent =
      `p(${best}) = e^${short(logits[best])} / Σ e^z = ${Math.exp(logits[best]).toPrecision(3)} / ${sum.toPrecision(3)} = ${odds[best].toFixed(3)}`;
  }
}
