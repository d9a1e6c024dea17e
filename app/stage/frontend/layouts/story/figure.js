/**
 * Fig. 2 of the paper, alive: U, the localisation network, θ, the grid generator, the sampler, V and
 * the classifier, each with what is in it now. The browser runs the network itself.
 */
import { button, element } from "../../dom.js";
import { IDENTITY } from "../../maths/affine.js";
import { between } from "../../maths/grid.js";
import { Loss } from "../../maths/loss.js";
import { turned } from "../../maths/pose.js";
import { exporter } from "../../output/export.js";
import { Reporter } from "../../output/report.js";
import { Backward } from "../../parts/backward.js";
import { Inspector } from "../../parts/inspect.js";
import { pairOf } from "../../parts/pair.js";
import { ARRIVE_SECONDS, Change } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { ClassesBox, GridBox, MapsBox, ThetaBox, angleBetween, turnWords } from "./boxes.js";
import { Choices } from "./choices.js";
import { boxesOf, captionsOf } from "./diagram.js";
import { Hands } from "./hands.js";
import { Reader } from "./reader.js";
import { restoreState, rowsOf, stateOf } from "./state.js";
import { TapsBox } from "./taps.js";
import { Wires } from "./wires.js";

const TURN_DEGREES = 5; // from one frame of the turning digit to the next
const FRAMES_A_SECOND = 15;

/**
 * Whose θ the figure shows: of "image" the identity, so that the classifier reads U itself, where
 * the digit is upright at first; of "frame" the hand's, from the identity on; of "network" the
 * network's, until a hand sets it.
 * @typedef {"image"|"frame"|"network"} Mode
 */

export class Figure {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.mode = "network";
    this.onShow = () => {}; // it has been drawn again
    this.onTake = () => {}; // another digit, or all as it was at first
    this.angle = 0; // of the digit, from upright, in degrees: −180 and 180 are two ends of the playhead's track
    this.onWay = () => {}; // backward or not
    this.reporter = new Reporter(python.tell);
    this.follow = new Change((share) => this.show(between(this.from, this.to, share)));
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    if (before?.token !== data.token) this.build();
  }

  // -- what is there

  build() {
    this.stop();
    const { network, colours } = this.data;
    const { size } = network;
    this.reader = new Reader(network);
    this.form = this.reader.form;
    this.pair = pairOf(this.data, this.form, { captions: captionsOf(network) });
    this.inspector = new Inspector(this.pair);
    this.taps = new TapsBox(this.inspector, this.pair);
    this.backward = new Backward(this.pair, colours);
    this.maps = new MapsBox(network.localisation, size);
    this.numbers = new ThetaBox(this.form, (theta, held) => {
      this.held = held;
      this.hold(theta);
      this.held = null;
    });
    this.lattice = new GridBox(this.form, colours);
    this.classes = new ClassesBox(size / network.pool);
    this.boxes = boxesOf(this);
    this.wires = new Wires();
    const module = element("div", { className: "module" }, element("span", { textContent: "spatial transformer" }));
    this.diagram = element("div", { className: "figure2" }, module, this.wires.node, ...Object.values(this.boxes));
    this.buildTransport();
    this.digits = [...this.data.digits]; // and, at the end, one that was drawn
    const imageOf = (digit) => this.reader.image(digit, digit.pose);
    this.choices = new Choices(this.digits, imageOf, (n) => this.take(n), (name) => this.hands.grasp(name), () => this.hands.draw());
    this.hands = new Hands(this);
    this.root.replaceChildren(this.diagram, this.choices.node, this.transport.node);
    this.take(this.data.first);
  }

  /** The playhead turns the digit: its track has 0° where that is upright. */
  buildTransport() {
    this.transport = new Transport((position) => this.turn(position), () => this.report());
    const half = this.middle;
    const track = {
      count: 2 * half + 1,
      perSecond: FRAMES_A_SECOND,
      name: "Rotation of the digit, from −180° to 180°",
      ends: ["−180°", "180°"],
      label: (frame) => turnWords(TURN_DEGREES * (frame - half)),
    };
    this.transport.set(track, false);
    this.back = button("Use the network's θ", () => this.free());
    this.transport.more.append(
      button("Reset", () => this.release()),
      this.back,
      button("θ = identity", () => this.hold(IDENTITY)),
      exporter(this)
    );
  }

  // -- what a hand does

  /** @param {Mode} mode */
  use(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.take(this.digit);
  }

  take(n) {
    this.digit = n;
    const digit = this.digits[n];
    this.loss = new Loss(this.data.network, digit.label);
    this.upright = digit.label === null ? digit.pose : this.reader.upright(digit);
    this.basePose = this.initialPose = this.mode === "image" ? this.upright : digit.pose;
    this.choices.mark(n);
    this.onTake();
    this.byHand = this.mode === "frame";
    this.origin = "the identity";
    this.pose = this.basePose;
    this.theta = IDENTITY;
    this.hands.grasp(this.mode === "frame" ? "grid" : "digit");
    this.transport.leave();
    this.standAt();
    this.moveDigit(this.basePose, ARRIVE_SECONDS);
    this.report();
  }

  /** The playhead where the digit is, turned by as much. */
  standAt() {
    const degrees = (this.angle = angleBetween(this.basePose, this.upright));
    const position = this.middle + degrees / TURN_DEGREES;
    this.transport.head.position = position;
    this.transport.mark(position);
    this.transport.where.textContent = turnWords(degrees);
  }

  turn(position) {
    this.byHand = false;
    this.angle = TURN_DEGREES * position - 180;
    this.moveDigit(turned(this.basePose, this.angle - angleBetween(this.basePose, this.upright)));
  }

  /** Another pose of the digit, which the playhead then turns. */
  place(pose) {
    this.basePose = pose;
    this.byHand = false;
    this.standAt();
    this.moveDigit(pose);
  }

  /** The playhead's frame at which the digit is upright. */
  get middle() {
    return 180 / TURN_DEGREES;
  }

  /** The digit is dragged to a pose. */
  drag(pose) {
    this.transport.leave();
    this.place(pose);
    this.report();
  }

  /** θ that is not the network's. @param {string} origin  whose it is, in words */
  hold(theta, origin = "set by hand") {
    this.follow.stop();
    this.byHand = true;
    this.origin = origin;
    this.show(theta);
    this.report();
  }

  /** θ is the network's again. */
  free() {
    this.byHand = false;
    this.arrive(ARRIVE_SECONDS);
    this.report();
  }

  /** All as it was when this digit was taken. */
  release() {
    this.take(this.digit);
  }

  /** U with the digit at this pose; the network predicts its θ. */
  moveDigit(pose, seconds = 0) {
    this.pose = pose;
    this.source = this.reader.image(this.digits[this.digit], pose);
    const { input, outputs, theta } = this.reader.localise(this.source);
    this.networkTheta = theta;
    this.predicted = this.mode === "network" ? theta : IDENTITY;
    this.maps.show(input, outputs);
    this.arrive(seconds);
  }

  arrive(seconds) {
    this.follow.stop();
    if (!seconds) return this.show(this.predicted);
    this.from = this.theta;
    this.to = this.predicted;
    this.follow.play(seconds);
    this.show(this.theta); // at once: a step that is opened reads V before the next frame, and may hold another θ
  }

  // -- what is seen

  show(theta) {
    this.theta = theta;
    const { label } = this;
    const what = label === null ? "a digit that was drawn" : `a distorted ${label}`;
    this.pair.show(this.source, `U: ${what}, with the sampling grid on it`, [theta]);
    if (label === null) this.loss.label = this.said ?? 0; // that it be what it is read as
    const output = this.pair.outputs[0].pixels;
    const { layers, loss, slope } = this.isBackward ? this.loss.withSlope(output) : this.loss.forward(output);
    this.logits = Array.from(layers.at(-1).values);
    this.lattice.show(theta);
    this.numbers.show(theta, this.byHand ? this.origin : "predicted by the network", this.held);
    this.numbers.showGradient(this.isBackward ? this.backward.show(slope).gradient : null);
    const isBlank = label === null && !this.source.pixels.some(Boolean);
    if (isBlank) this.classes.wait();
    else this.classes.show(this.logits, label, this.isBackward ? loss : null);
    this.inspector.refresh();
    this.mark();
    if (this.data.links) this.link();
    this.diagram.classList.toggle("held", this.byHand);
    Object.assign(this.root.dataset, { theta: theta.join(","), logits: this.logits.join(",") });
    this.onShow();
  }

  /** The page of the app that is about θ opens with this θ. */
  link() {
    const { theta, generator, sampler } = this.boxes;
    const href = `transformer?family=Affine&image=Digit&lab_digit=${this.label ?? 0}04&theta=${this.theta.map((v) => +v.toFixed(3)).join(",")}`;
    [theta, generator, sampler].forEach(({ link }) => (link.href = href));
  }

  /** The gradient of the loss, from the classifier back to θ; or the way forwards alone. */
  setBackward(on) {
    this.isBackward = on;
    this.onWay(on);
    this.diagram.classList.toggle("backward", on);
    this.backward.start();
    if (!on) this.backward.hide();
    if (this.logits) this.redraw();
  }

  mark() {
    this.hands.mark();
    this.back.disabled = !this.byHand;
  }

  /** The class of the digit; null of one that was drawn. */
  get label() {
    return this.digits[this.digit].label;
  }

  /** The class that the network reads; null before it has. */
  get said() {
    return this.logits ? this.logits.indexOf(Math.max(...this.logits)) : null;
  }

  // -- what can be taken away

  report() {
    this.reporter.tell({
      token: this.data.token,
      label: this.label,
      pose: this.pose,
      theta: this.theta,
      byHand: this.byHand,
      said: this.said,
    }, false);
  }

  get rowsAre() {
    return "Parameters θ, the digit's pose and all class probabilities";
  }

  rows() {
    return rowsOf(this);
  }

  state() {
    return stateOf(this);
  }

  restore(state) {
    return restoreState(this, state);
  }

  /** The wires, between where the boxes stand. */
  refit = () => {
    this.wires.draw(this.diagram, this.boxes, this.pair.us[0].square);
    this.taps.draw(this.diagram);
  };

  redraw() {
    if (!this.logits) return;
    this.show(this.theta);
    this.refit();
  }

  stop() {
    this.follow.stop();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
