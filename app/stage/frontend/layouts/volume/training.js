/** A training of a volume, at the playhead: the probabilities, the means of W, and the curves. */
import { element } from "../../dom.js";
import { CurveOptions } from "../../parts/curve_options.js";
import { Curves } from "../../parts/curves.js";
import { paintPixels } from "../../parts/drawing.js";
import { rowsOf } from "../../parts/series.js";

const CLASSES = [...Array(10).keys()];
const LOGARITHMIC_FROM = 10; // steps
const MAX_THETA = 10; // in size, where the volume is from −1 to 1; beyond it a box is lost

export class Training {
  constructor(data) {
    const { track } = data;
    this.averages = [];
    this.curves = [];
    this.nodes = [];
    if (track.probabilities) {
      const means = track.meanClasses?.length ? [this.makeMeans(track)] : [];
      this.nodes.push(element("div", { className: "seen" }, this.makeBars(track), ...means));
    }
    this.options = new CurveOptions(() => {
      this.set(this.data);
      this.show(this.position);
    });
    if (track.history) this.nodes.push(this.options.node, this.makeCharts(data));
    this.set(data);
  }

  makeBars({ truth }) {
    this.bars = CLASSES.map((label) => {
      const bar = element("i", { className: label === truth ? "true" : "" });
      const name = element("span", { textContent: label === truth ? `${label} ◂` : label });
      return { bar, node: element("div", {}, element("div", { className: "bars" }, bar), name) };
    });
    this.odds = element("div", { className: "odds", role: "img" }, ...this.bars.map(({ node }) => node));
    return element("div", {}, this.odds, element("p", { className: "words", textContent: "Class probabilities; ◂ marks the true class." }));
  }

  /** The mean of W over a few digits of a class. */
  makeMeans({ meanClasses, meanDigits }) {
    this.averages = meanClasses.map((name) => {
      const ariaLabel = `Mean of W over ${meanDigits} digits of class ${name}`;
      const pixels = element("canvas", { className: "mean", role: "img", ariaLabel });
      return { pixels, node: element("figure", {}, pixels, element("figcaption", { textContent: name })) };
    });
    const words = element("span", { textContent: `Mean of the projection W over ${meanDigits} digits of a class (white: 1 or more):` });
    return element("div", { className: "means" }, words, ...this.averages.map(({ node }) => node));
  }

  makeCharts({ transforms, track }) {
    this.curves = [new Curves("Loss"), new Curves("Error, %"), new Curves("Gradient norm"), new Curves("Learning rate", true)];
    if (transforms) {
      this.curves.push(...["rotation, scale, shear", "translation"].map((part) => new Curves(`θ of this probe: ${part}`, true, undefined, MAX_THETA)));
    }
    if (track.poseLeft) this.curves.push(new Curves("Pose variation remaining in W, %", true));
    return element("div", { className: "charts" }, ...this.curves.map(({ node }) => node));
  }

  /** The training as far as it is. */
  set(data) {
    Object.assign(this, { data, track: data.track });
    if (!this.curves.length) return;
    const { history, steps } = data.track;
    const last = Math.max(1, steps.at(-1), history.step.at(-1) ?? 0); // more is logged than looked at
    const axis = this.options.axis(LOGARITHMIC_FROM, last, "step");
    const lines = linesOf(data);
    for (const chart of this.curves) chart.arrange(this.options);
    this.curves.forEach((chart, i) => chart.set(lines[i].filter(({ y }) => y), axis));
  }

  /** What belongs to a frame, or lies between two. */
  show(position) {
    const { track } = this;
    this.position = position;
    const nearest = Math.round(position);
    if (this.bars) this.showOdds(track.odds(nearest));
    this.averages.forEach(({ pixels }, c) => {
      const [height, width] = track.meanSize;
      const at = (nearest * this.averages.length + c) * height * width;
      paintPixels(pixels, { pixels: track.means.subarray(at), channels: 1, height, width });
    });
    const first = Math.min(Math.floor(position), track.count - 1);
    const second = Math.min(first + 1, track.count - 1);
    const step = track.steps[first] + (position - first) * (track.steps[second] - track.steps[first]);
    this.curves.forEach((chart) => chart.draw(step));
  }

  showOdds(odds) {
    this.bars.forEach(({ bar }, label) => (bar.style.height = `${Math.max(2, 100 * odds[label])}%`));
    const best = odds.indexOf(Math.max(...odds));
    this.odds.setAttribute("aria-label", `Reads ${best} (${(100 * odds[best]).toFixed(0)} %)`);
  }

  /** What was logged. */
  get curveRows() {
    return this.track.history && (() => rowsOf(this.track.history));
  }
}

/** The lines of every chart; one that was not logged has no y. */
function linesOf({ track, colours, transforms, names }) {
  const { history, steps, measures, poseLeft, testError } = track;
  const line = (name, x, y, n = 0, dash = n) => ({ name, colour: colours.series[n], dash, x, y });
  const logged = (name, y, n) => ({ ...line(name, history.step, y, n), noisy: y !== history.rate });
  const tested = Number.isFinite(testError) ? [{ ...line("test set", [steps.at(-1)], [testError], 2), dot: true }] : [];
  const lines = [
    [logged("", history.loss)],
    [logged("training batches", history.error), line("held-out digits", steps, measures, 1), ...tested],
    [logged("classifier", history.classifier), logged("localisation", history.localisation, 1)],
    [logged("", history.rate)],
  ];
  if (transforms) {
    const thetas = steps.map((_, frame) => track.theta(frame));
    // A row of the matrix has a colour, and its columns are solid, dashed and dotted.
    const trails = names.map((name, p) => line(name, steps, thetas.map((theta) => theta[p]), Math.floor(p / 4), (p % 4) % 3));
    lines.push(trails.filter((_, p) => p % 4 < 3), trails.filter((_, p) => p % 4 === 3));
  }
  if (poseLeft) lines.push([line("", steps, poseLeft.map(([[left]]) => left))]);
  return lines;
}
