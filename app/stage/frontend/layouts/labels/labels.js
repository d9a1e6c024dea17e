/**
 * Why labels are enough: the loss of the class as a landscape over two numbers of θ, its gradient on
 * the grid and on V, and the steps down. The browser runs the classifier, forwards and backwards.
 */
import { button, element } from "../../dom.js";
import { IDENTITY, affine } from "../../maths/affine.js";
import { descend, walk } from "../../maths/descent.js";
import { points } from "../../maths/grid.js";
import { BILINEAR, kernel } from "../../maths/kernels.js";
import { activations, inputMaps } from "../../maths/layers.js";
import { Loss } from "../../maths/loss.js";
import { decompose } from "../../maths/pose.js";
import { sample } from "../../maths/sampling.js";
import { exporter } from "../../output/export.js";
import { Reporter } from "../../output/report.js";
import { oddsOf } from "../../output/table.js";
import { AnswerPlayer } from "../../parts/answers.js";
import { Backward } from "../../parts/backward.js";
import { drawFrame, paintPixels } from "../../parts/drawing.js";
import { Handles } from "../../parts/handles.js";
import { aDigit, signed } from "../../parts/numbers.js";
import { pairOf } from "../../parts/pair.js";
import { Transport } from "../../parts/transport.js";
import { Landscape } from "./landscape.js";
import { restoreState, stateOf } from "./state.js";

const MATCHED = 0.003; // a loss below this: it is as sure as it need be
const AWAY = [0.3, 0, 2.2, 0, 0.3, 2.2]; // reads nothing but what is outside
const REST_MILLISECONDS = 250; // then the landscape follows θ
const CAPTIONS = {
  U: "Image U with the sampling grid T<sub>θ</sub>(G). Arrows: where each grid point should move to lower the loss, −∂loss/∂(x<sup>s</sup>, y<sup>s</sup>)",
  V: "Output V: what the classifier reads",
  slopes: "∂loss/∂V, on V: <b class='up'>brighter</b> or <b class='down'>darker</b> pixels here would lower the loss",
};
const FLAT = {
  bilinear: "The gradient is zero, ∂loss/∂θ = 0: V does not change when the grid moves a little. From here no label helps.",
  integer:
    "The gradient is zero, ∂loss/∂θ = 0, wherever the grid is. The integer kernel reads the nearest pixel, and that stays the same when the grid moves a little. Nothing is learnt.",
};

export class Labels {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.reporter = new Reporter(python.tell);
    this.player = new AnswerPlayer(root);
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
    this.reading = { ...BILINEAR, pool: 1 };
    this.loss = new Loss(data.network, data.label);
    const outputs = activations(localisation, inputMaps(data.source));
    this.predicted = Array.from(outputs[outputs.length - 1].values);
    this.buildPair();
    this.buildTransport();
    this.handles = new Handles(this.pair.us[0].square, this.form, (theta) => this.hold(theta));
    this.words = element("p", { className: "words verdict", ariaLive: "polite" });
    this.root.replaceChildren(this.pair.node, this.words, this.buttons(), this.transport.node, this.bars());
    this.show(this.start);
    this.settle();
  }

  /** U with the arrows, V, V again with its tint, and the landscape. */
  buildPair() {
    const { colours } = this.data;
    this.pair = pairOf(this.data, this.form, { reading: this.reading, captions: CAPTIONS });
    this.tinted = this.pair.pane("slopes", "Output V with its gradient");
    this.backward = new Backward(this.pair, colours, this.tinted);
    const marks = [{ name: "identity", theta: IDENTITY }, { name: "the network's θ", theta: this.predicted }];
    this.landscape = new Landscape(colours, (theta) => this.hold(theta), (theta) => this.loss.of(this.read(theta)).loss, marks);
    this.pair.node.append(this.tinted.node, this.landscape.node);
    this.pair.node.classList.add("four");
  }

  buildTransport() {
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.transport.node.classList.add("still");
    this.transport.more.append(exporter(this));
  }

  /** The probabilities of the classes. */
  bars() {
    this.heights = [...Array(10).keys()].map((c) => element("i", { className: c === this.data.label ? "true" : "" }));
    const columns = this.heights.map((bar, c) =>
      element("div", {}, element("div", { className: "bars" }, bar), element("span", { textContent: c }))
    );
    this.odds = element("div", { className: "odds", role: "img" }, ...columns);
    return this.odds;
  }

  buttons() {
    this.integer = element("input", { type: "checkbox" });
    this.integer.onchange = () => {
      this.reading = { ...this.reading, kernel: kernel(this.integer.checked ? "integer" : "bilinear") };
      this.pair.data.reading = this.reading;
      this.show(this.theta);
      this.landscape.survey(this.theta, true);
    };
    const titled = (text, title, onclick) => button(text, onclick, { title });
    return element(
      "div", { className: "choices always" },
      element("div", { className: "buttons" },
        titled("One step", "Take one gradient step on θ", () => this.run(2)),
        titled("Descend", "Take gradient steps on θ until the loss is small", () => this.run(Infinity)),
        titled("θ = identity", "Where every transformer starts", () => this.hold(IDENTITY)),
        titled("The network's θ", "What the localisation network predicts", () => this.hold(this.predicted)),
        titled("Far away", "A grid that reads no ink", () => this.hold(AWAY))),
      element("label", {}, this.integer, " integer kernel (Eq. 4)")
    );
  }

  get start() {
    return this.data.start === "network" ? this.predicted : IDENTITY;
  }

  read(theta) {
    return sample(this.data.source, points(this.form, theta, this.form.target), this.reading);
  }

  // -- what a hand does

  hold(theta) {
    this.halt();
    this.transport.leave();
    this.show(theta);
    this.settle();
    this.report();
  }

  /** The answer to a question: frames of ``theta``, read by the integer kernel or the bilinear one. */
  play(answer) {
    this.halt();
    this.transport.leave();
    if (this.integer.checked !== Boolean(answer.settings.integer)) this.integer.click();
    const end = () => {
      this.settle();
      this.report();
    };
    this.player.play(answer, ({ theta }) => this.show(theta), end);
  }

  /** The steps down from the θ that is shown. */
  descent() {
    const judge = (output) => this.loss.withSlope(output);
    return descend({ transform: this.form, reading: this.reading }, this.data.source, this.theta, judge, MATCHED);
  }

  /** At most so many frames of the descent, from here on. */
  run(maxFrames) {
    this.halt();
    this.stopWalk = walk(this.descent(), maxFrames, (frames, done) => {
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
        name: "Step of the descent",
        ends: ["first step", "last"],
        label: (frame) => `step ${frame}, loss ${frames[frame].loss.toFixed(3)}`,
      },
      false
    );
    this.show(frames[frames.length - 1].theta);
  }

  scrub(position) {
    this.player.stop();
    this.stopWalk?.();
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
    const { source, label } = this.data;
    this.pair.show(source, `U: a distorted ${label}, with the sampling grid on it`, [theta]);
    const { loss, odds, slope } = this.loss.withSlope(this.pair.outputs[0].pixels);
    const { gradient, flat } = this.backward.show(slope);
    this.gradient = gradient;
    const { grid, corner } = this.data.colours;
    paintPixels(this.tinted.pixels, this.pair.outputs[0]);
    drawFrame(this.tinted.overlay, grid, corner);
    this.landscape.mark(theta);
    this.handles.show(theta);
    this.describe(loss, odds, flat);
    Object.assign(this.root.dataset, { theta: theta.join(","), loss, gradient: this.gradient.join(",") });
  }

  describe(loss, odds, flat) {
    const { label } = this.data;
    const best = odds.indexOf(Math.max(...odds));
    const share = `p(${label}) = ${(100 * odds[label]).toFixed(1)} %`;
    const [degrees] = decompose(this.theta, IDENTITY);
    const downhill = this.gradient.map((g) => signed(-g)).join(", ");
    this.words.innerHTML =
      `<b>Loss ${loss.toFixed(3)}</b> = −log p(${label}), ${share}. Reads <b>${best}</b> ${best === label ? "✓" : `✗ — it is ${aDigit(label)}`}. ` +
      `θ turns the grid by ${degrees.toFixed(0)}°. `.replace("-", "−") +
      (flat ? FLAT[this.integer.checked ? "integer" : "bilinear"] : `Downhill for θ: −∂loss/∂θ = (${downhill}), the combined pull of the arrows on θ.`);
    this.heights.forEach((bar, c) => (bar.style.height = `${Math.max(3, 100 * odds[c])}%`));
    this.odds.setAttribute("aria-label", `Probabilities: ${odds.map((p, c) => `${c} ${(100 * p).toFixed(0)} %`).join(", ")}`);
  }

  // -- what can be taken away

  report() {
    this.reporter.tell({ token: this.data.token, theta: this.theta, loss: Number(this.root.dataset.loss), steps: this.frames?.length ?? 0 }, false);
  }

  get rowsAre() {
    return "Parameters θ with loss and class probabilities, for every step of the descent";
  }

  rows() {
    const named = (theta) => Object.fromEntries(theta.map((v, p) => [this.form.names[p], v]));
    const { loss, odds } = this.loss.of(this.pair.outputs[0].pixels);
    const shown = { step: "shown", loss, ...named(this.theta), ...oddsOf(odds) };
    return [shown, ...(this.frames ?? []).map((frame, step) => ({ step, loss: frame.loss, ...named(frame.theta) }))];
  }

  state() {
    return stateOf(this);
  }

  restore(state) {
    return restoreState(this, state);
  }

  release() {
    this.hold(this.start);
  }

  redraw() {
    if (this.theta) this.show(this.theta);
    this.landscape?.draw();
  }

  halt() {
    this.player.stop();
    this.stopWalk?.();
    this.transport?.head.pause();
  }

  stop() {
    this.halt();
    clearTimeout(this.rest);
    this.landscape?.stop();
    this.reporter.stop();
  }
}
