/**
 * Why labels are enough: the loss of the class as a landscape over two numbers of θ, its gradient on
 * the grid and on V, and the steps down. The browser runs the classifier, forwards and backwards.
 */
import { affine } from "../../maths/affine.js";
import { descend, pull, walk } from "../../maths/descent.js";
import { drawArrows, paintPixels } from "../../parts/drawing.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { chain, points } from "../../maths/grid.js";
import { Handles } from "../../parts/handles.js";
import { kernel } from "../../maths/kernels.js";
import { Landscape } from "./landscape.js";
import { activations, backwards, softmax } from "../../maths/layers.js";
import { short } from "../../parts/numbers.js";
import { Pair, element } from "../../parts/pair.js";
import { decompose } from "../../maths/pose.js";
import { Reporter } from "../../output/report.js";
import { pool, sample } from "../../maths/sampling.js";
import { Transport } from "../../parts/transport.js";

const ARROWS_IN_ROW = 12;
const LONGEST = 0.2; // an arrow, in half widths of U
const MATCHED = 0.003; // a loss below this: it is as sure as it need be
const IDENTITY = [1, 0, 0, 0, 1, 0];
const AWAY = [0.3, 0, 2.2, 0, 0.3, 2.2]; // reads nothing but what is outside
const NO_SLOPE = 1e-9;
const REST_MILLISECONDS = 250; // then the landscape follows θ

export class Labels {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.reporter = new Reporter(python.tell);
  }

  update(data) {
    const before = this.data;
    this.data = data;
    if (before?.token !== data.token) this.build();
  }

  // -- what is there

  build() {
    this.stop();
    const { data } = this;
    const { size, localisation } = data.network;
    this.form = affine([size, size]);
    this.source = data.source;
    this.reading = { kernel: kernel("bilinear"), padding: "zeros", pool: 1 };
    this.pair = new Pair({
      transform: this.form,
      channels: 1,
      transformers: [{ name: "", colour: data.colours.grid }],
      outputSize: [size, size],
      reading: this.reading,
      features: {},
      colours: data.colours,
      captions: {
        U: "U and T<sub>θ</sub>(G): the arrows say where each point should go for the loss to fall, −∂loss/∂(x<sup>s</sup>, y<sup>s</sup>)",
        V: "V, and ∂loss/∂V: <b class='up'>brighter</b> here, or <b class='down'>darker</b>, would lower the loss",
      },
    });
    const [u] = this.pair.us;
    const [v] = this.pair.vs[0];
    this.strongest = NO_SLOPE; // of the arrows so far
    this.arrows = element("canvas", { className: "overlay" });
    u.square.insertBefore(this.arrows, u.overlay.nextSibling);
    this.pulls = element("canvas", { className: "pixels" });
    v.square.insertBefore(this.pulls, v.overlay);
    v.node.style.setProperty("--up", data.colours.up);
    v.node.style.setProperty("--down", data.colours.down);
    const maps = { channels: 1, height: size, width: size, values: Float32Array.from(this.source.pixels, (p) => p / 255) };
    const seen = activations(localisation, maps);
    this.predicted = Array.from(seen[seen.length - 1].values);
    this.landscape = new Landscape(data.colours, (theta) => this.hold(theta), (theta) => this.judge(this.read(theta)).loss, [
      { name: "identity", theta: IDENTITY },
      { name: "the network's θ", theta: this.predicted },
    ]);
    this.pair.node.append(this.landscape.node);
    this.pair.node.classList.add("three");
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.transport.node.classList.add("still");
    this.transport.more.append(exporter(this));
    this.handles = new Handles(u.square, this.form, (theta) => this.hold(theta));
    this.words = element("p", { className: "words verdict" });
    this.words.setAttribute("aria-live", "polite");
    this.bars = [...Array(10).keys()].map((c) => {
      const bar = element("i", { className: c === data.label ? "true" : "" });
      return { bar, node: element("div", {}, element("div", { className: "bars" }, bar), element("span", { textContent: c })) };
    });
    const odds = element("div", { className: "odds" }, ...this.bars.map(({ node }) => node));
    odds.setAttribute("role", "img");
    this.odds = odds;
    this.root.replaceChildren(this.pair.node, this.words, this.buttons(), this.transport.node, odds);
    this.show(data.start === "network" ? this.predicted : IDENTITY);
    this.settle();
  }

  buttons() {
    const button = (textContent, title, onclick) => element("button", { type: "button", textContent, title, onclick });
    this.integer = element("input", { type: "checkbox" });
    this.integer.onchange = () => {
      this.reading = { ...this.reading, kernel: kernel(this.integer.checked ? "integer" : "bilinear") };
      this.pair.data.reading = this.reading;
      this.show(this.theta);
      this.landscape.survey(this.theta, true);
    };
    return element(
      "div", { className: "choices always" },
      element("div", { className: "buttons" },
        button("One step", "One gradient step on θ", () => this.run(2)),
        button("Descend", "Gradient steps on θ until the loss is small", () => this.run(Infinity)),
        button("θ = identity", "As every transformer starts", () => this.hold(IDENTITY)),
        button("The network's θ", "What the localisation network predicts", () => this.hold(this.predicted)),
        button("Far away", "A grid that reads none of the ink", () => this.hold(AWAY))),
      element("label", {}, this.integer, " integer kernel (Eq. 4)")
    );
  }

  // -- the loss, and its slopes

  read(theta) {
    return sample(this.source, points(this.form, theta, this.form.target), this.reading);
  }

  /** The loss of V's class, −log p, and ∂loss/∂V. */
  judge(output, wantsSlope = false) {
    const { size, pool: side, classifier } = this.data.network;
    const pooled = side > 1 ? pool(output, 1, [size, size], side) : { pixels: output, channels: 1, height: size, width: size };
    const input = { ...pooled, values: Float32Array.from(pooled.pixels, (value) => value / 255) };
    const layers = activations(classifier, input);
    const odds = softmax(layers[layers.length - 1].values);
    const loss = -Math.log(Math.max(1e-12, odds[this.data.label]));
    if (!wantsSlope) return { loss, odds };
    const slope = Float32Array.from(odds, (p, c) => p - (c === this.data.label ? 1 : 0));
    const held = backwards(classifier, input, layers, slope);
    const full = new Float32Array(size * size);
    for (let i = 0; i < full.length; i++) {
      const [row, column] = [Math.floor(i / size / side), Math.floor((i % size) / side)];
      if (row < input.height && column < input.width) full[i] = held[row * input.width + column] / (side * side);
    }
    return { loss, odds, slope: full };
  }

  // -- what a hand does

  hold(theta) {
    this.halt();
    this.transport.leave();
    this.show(theta);
    this.settle();
    this.report();
  }

  /** So many frames of the descent, from here on. */
  run(most) {
    this.halt();
    const steps = descend({ transform: this.form, reading: this.reading }, this.source, this.theta, (output) => this.judge(output, true), MATCHED);
    this.still = walk(steps, most, (frames, done) => {
      this.keep(frames);
      if (!done) return;
      this.settle();
      this.report();
    });
  }

  /** The frames so far, for the playhead and the landscape's path. */
  keep(frames) {
    this.frames = frames;
    this.landscape.path = frames.map(({ theta }) => theta);
    this.transport.node.classList.remove("still");
    this.transport.set(
      {
        count: frames.length,
        perSecond: 20,
        name: "Over the steps of the descent",
        ends: ["first step", "last"],
        label: (frame) => `step ${frame}, loss ${frames[frame].loss.toFixed(3)}`,
      },
      false
    );
    this.show(frames[frames.length - 1].theta);
  }

  scrub(position) {
    this.still?.();
    this.show(this.frames[Math.round(position)].theta);
  }

  /** Once θ rests, the landscape is of the other numbers as they are now. */
  settle() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.landscape.survey(this.theta), REST_MILLISECONDS);
  }

  // -- what is seen

  show(theta) {
    this.theta = theta;
    const { size } = this.data.network;
    this.pair.show(this.source, `U: a distorted ${this.data.label}, with the sampling grid on it`, [theta]);
    const { loss, odds, slope } = this.judge(this.pair.outputs[0].pixels, true);
    const [grid] = this.pair.grids;
    const along = pull(this.source, grid, this.reading, slope);
    this.gradient = chain(this.form, theta, this.form.target, along);
    const every = Math.round(size / ARROWS_IN_ROW);
    const found = [];
    for (let row = every >> 1; row < size; row += every) {
      for (let column = every >> 1; column < size; column += every) {
        const i = row * size + column;
        if (Math.max(Math.abs(grid[2 * i]), Math.abs(grid[2 * i + 1])) < 1.3) {
          found.push([grid[2 * i], grid[2 * i + 1], -along[2 * i], -along[2 * i + 1]]);
        }
      }
    }
    const flat = Math.max(...this.gradient.map(Math.abs)) < NO_SLOPE;
    this.strongest = Math.max(this.strongest, ...found.map(([, , dx, dy]) => Math.hypot(dx, dy)));
    drawArrows(this.arrows, flat ? [] : found, LONGEST, this.strongest);
    this.tint(slope);
    this.landscape.mark(theta);
    this.handles.show(theta);
    this.say(loss, odds, flat);
    Object.assign(this.root.dataset, { theta: theta.join(","), loss, gradient: this.gradient.join(",") });
  }

  /** ∂loss/∂V over V: what should be brighter, what darker. */
  tint(slope) {
    const { size } = this.data.network;
    const { up, down } = this.data.colours;
    const most = Math.max(1e-12, ...slope.map(Math.abs));
    this.pulls.width = this.pulls.height = size;
    const context = this.pulls.getContext("2d");
    slope.forEach((value, i) => {
      context.globalAlpha = 0.8 * Math.abs(value / most) ** 0.75;
      context.fillStyle = value < 0 ? up : down;
      context.fillRect(i % size, Math.floor(i / size), 1, 1);
    });
  }

  say(loss, odds, flat) {
    const { label } = this.data;
    const said = odds.indexOf(Math.max(...odds));
    const share = `p(${label}) = ${(100 * odds[label]).toFixed(1)} %`;
    const pose = decompose(this.theta, IDENTITY);
    const none = this.integer.checked
      ? "The integer kernel reads the nearest pixel, which stays the same when the grid moves a little: ∂loss/∂θ = 0, wherever it stands. Nothing is learnt."
      : "The grid reads nothing that changes when it moves: ∂loss/∂θ = 0. From here no label helps.";
    this.words.innerHTML =
      `<b>Loss ${loss.toFixed(3)}</b> = −log p(${label}), and ${share}; it says <b>${said}</b> ${said === label ? "✓" : `✗, it is a ${label}`}. ` +
      `θ is turned by ${pose[0].toFixed(0)}°. `.replace("-", "−") +
      (flat ? none : `−∂loss/∂θ = (${this.gradient.map((g) => short(-g).replace("-", "−")).join(", ")}): the grid points' arrows, added up as θ moves them.`);
    this.bars.forEach(({ bar }, c) => (bar.style.height = `${Math.max(3, 100 * odds[c])}%`));
    this.odds.setAttribute("aria-label", `Probabilities: ${odds.map((p, c) => `${c} ${(100 * p).toFixed(0)} %`).join(", ")}`);
  }

  report() {
    this.reporter.tell({ token: this.data.token, theta: this.theta, loss: Number(this.root.dataset.loss), steps: this.frames?.length ?? 0 }, false);
  }

  /** The θ that is shown, with its loss and probabilities; and every step of the descent. */
  rows() {
    const named = (theta) => Object.fromEntries(theta.map((v, p) => [this.form.names[p], v]));
    const { loss, odds } = this.judge(this.pair.outputs[0].pixels);
    const shown = { step: "shown", loss, ...named(this.theta), ...Object.fromEntries(odds.map((p, c) => [`p(${c})`, p])) };
    return [shown, ...(this.frames ?? []).map((frame, step) => ({ step, loss: frame.loss, ...named(frame.theta) }))];
  }

  state() {
    return { theta: this.theta };
  }

  restore({ theta }) {
    if (!isLike(theta, IDENTITY)) return false;
    this.hold(theta);
    return true;
  }

  release() {
    this.hold(this.data.start === "network" ? this.predicted : IDENTITY);
  }

  redraw() {
    if (this.theta) this.show(this.theta);
    this.landscape?.draw();
  }

  halt() {
    this.still?.();
    this.transport?.head.pause();
  }

  stop() {
    this.halt();
    clearTimeout(this.rest);
    this.landscape?.stop();
    this.reporter.stop();
  }
}
