/**
 * Fig. 2 of the paper, alive: U, the localisation network, θ, the grid generator, the sampler, V and
 * the classifier, each with what is in it now. The browser runs the network itself.
 */
import { button, element, group, press } from "../../dom.js";
import { IDENTITY, affine } from "../../maths/affine.js";
import { between } from "../../maths/grid.js";
import { BILINEAR } from "../../maths/kernels.js";
import { activations, inputMaps, softmax } from "../../maths/layers.js";
import { poseGrid, turned } from "../../maths/pose.js";
import { pool, sample } from "../../maths/sampling.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { Reporter } from "../../output/report.js";
import { oddsOf } from "../../output/table.js";
import { paintPixels } from "../../parts/drawing.js";
import { Handles } from "../../parts/handles.js";
import { Inspector } from "../../parts/inspect.js";
import { Pair } from "../../parts/pair.js";
import { ARRIVE_SECONDS, Change } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { ClassesBox, GridBox, MapsBox, ThetaBox, turnWords } from "./boxes.js";
import { Wires } from "./wires.js";

const TURN_DEGREES = 5; // from one frame of the turning digit to the next
const FRAMES_A_SECOND = 15;
const MOVABLE = ["digit", "grid"];

/** A box of the figure: its name, which opens a page, and what is in it. */
function titledBox(name, page, ...parts) {
  const link = element("a", { textContent: name, href: page, target: "_self" });
  const box = element("div", { className: "box" }, element("h3", { ariaLevel: "2" }, link), ...parts);
  box.link = link;
  return box;
}

export class Figure2 {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
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
    this.form = affine([size, size]);
    this.pair = this.makePair();
    this.inspector = new Inspector(this.pair);
    this.maps = new MapsBox(network.localisation, size);
    this.numbers = new ThetaBox();
    this.lattice = new GridBox(this.form, colours);
    this.classes = new ClassesBox(size / network.pool);
    this.boxes = {
      u: titledBox("Image U", "distorted", this.pair.us[0].node),
      localisation: titledBox("Localisation network", "distorted", ...this.maps.nodes),
      theta: titledBox("θ", "transformer", ...this.numbers.nodes),
      generator: titledBox("Grid generator", "transformer", ...this.lattice.nodes),
      sampler: titledBox("Sampler", "transformer", this.inspector.note),
      v: titledBox("Output V", "labels", this.pair.vs[0][0].node),
      classifier: titledBox("Classifier", "distorted", ...this.classes.nodes),
    };
    for (const [name, node] of Object.entries(this.boxes)) node.dataset.box = name;
    this.wires = new Wires();
    const module = element("div", { className: "module" }, element("span", { textContent: "spatial transformer" }));
    this.diagram = element("div", { className: "figure2" }, module, this.wires.node, ...Object.values(this.boxes));
    this.buildTransport();
    this.root.replaceChildren(this.diagram, this.choices(), this.transport.node);
    this.take(this.data.first);
  }

  makePair() {
    const { network, colours } = this.data;
    const pixels = `${network.size} × ${network.size} pixels`;
    return new Pair({
      transform: this.form,
      channels: 1,
      transformers: [{ name: "", colour: colours.grid }],
      inputSize: [network.size, network.size],
      outputSize: [network.size, network.size],
      reading: { ...BILINEAR, pool: 1 },
      features: {},
      colours,
      captions: { U: pixels, V: `${pixels}, read from U at T<sub>θ</sub>(G)` },
    });
  }

  buildTransport() {
    this.transport = new Transport((position) => this.turn(position), () => this.report());
    this.back = button("Use the network's θ", () => this.free());
    this.transport.more.append(
      button("Reset", () => this.release()),
      this.back,
      button("θ = identity", () => this.hold(IDENTITY)),
      exporter(this)
    );
  }

  /** The digits to choose from, and what the hand moves. */
  choices() {
    this.choosers = this.data.digits.map((digit, n) => {
      const pixels = element("canvas");
      paintPixels(pixels, this.imageOf(digit, digit.pose));
      const chooser = button("", () => this.take(n), { className: "digit", ariaLabel: `Choose this ${digit.label}` });
      chooser.dataset.digit = digit.label;
      chooser.append(pixels);
      return chooser;
    });
    const digits = element("div", { className: "buttons", role: "group", ariaLabel: "Digits" }, ...this.choosers);
    const movable = MOVABLE.map((name) => ({ value: name, name }));
    this.hands = group("Drag:", movable, MOVABLE[0], (name) => this.grasp(name));
    return element("div", { className: "choices" }, digits, this.hands);
  }

  /** U with a digit at this pose. */
  imageOf(digit, pose) {
    const { size } = this.data.network;
    const pixels = sample(digit.source, poseGrid(pose, [size, size]), BILINEAR);
    return { pixels, channels: 1, height: size, width: size };
  }

  // -- what a hand does

  take(n) {
    this.digit = n;
    this.basePose = this.initialPose = this.data.digits[n].pose;
    press(this.choosers, (_, i) => i === n);
    this.byHand = false;
    this.pose = this.basePose;
    this.theta = IDENTITY;
    this.grasp("digit");
    this.setTrack();
    this.moveDigit(this.basePose, ARRIVE_SECONDS);
    this.report();
  }

  /** The digit turned: the playhead's track, about where it is now. */
  setTrack() {
    const half = 180 / TURN_DEGREES;
    this.transport.set(
      {
        count: 2 * half + 1,
        perSecond: FRAMES_A_SECOND,
        name: "Rotation of the digit, from −180° to 180°",
        ends: ["−180°", "180°"],
        label: (frame) => turnWords(this.basePose, this.initialPose, TURN_DEGREES * (frame - half)),
      },
      false
    );
    this.transport.head.position = half;
    this.transport.mark(half);
  }

  turn(position) {
    this.byHand = false;
    this.moveDigit(turned(this.basePose, TURN_DEGREES * position - 180));
  }

  grasp(name) {
    this.grasped = name;
    press(this.hands.querySelectorAll("button"), ({ textContent }) => textContent === name);
    this.handles?.remove();
    const { node, square } = this.pair.us[0];
    const { size } = this.data.network;
    node.lastChild.innerHTML = `${size} × ${size} pixels<span class="hint">. Drag the ${name}; its corners turn and scale it</span>`;
    const form = name === "grid" ? this.form : affine([1, 1], "digit", true);
    this.handles = new Handles(square, form, (theta) => {
      if (name === "grid") return this.hold(theta);
      this.byHand = false;
      this.transport.leave();
      this.basePose = theta;
      this.transport.where.textContent = turnWords(theta, this.initialPose, 0);
      this.moveDigit(theta);
      this.report();
    });
    this.mark();
  }

  /** θ set by hand. */
  hold(theta) {
    this.follow.stop();
    this.byHand = true;
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
    this.source = this.imageOf(this.data.digits[this.digit], pose);
    const outputs = activations(this.data.network.localisation, inputMaps(this.source));
    this.predicted = Array.from(outputs[outputs.length - 1].values);
    this.maps.show(outputs);
    this.arrive(seconds);
  }

  arrive(seconds) {
    this.follow.stop();
    if (!seconds) return this.show(this.predicted);
    this.from = this.theta;
    this.to = this.predicted;
    this.follow.play(seconds);
  }

  // -- what is seen

  show(theta) {
    this.theta = theta;
    const { digits, network } = this.data;
    const { label } = digits[this.digit];
    this.pair.show(this.source, `U: a distorted ${label}, with the sampling grid on it`, [theta]);
    const { height, width } = this.pair.shape;
    const averaged = pool(this.pair.outputs[0].pixels, 1, [height, width], network.pool);
    const layers = activations(network.classifier, inputMaps(averaged));
    this.logits = Array.from(layers[layers.length - 1].values);
    this.lattice.show(theta);
    this.numbers.show(theta, this.byHand);
    this.classes.show(this.logits, label);
    this.inspector.refresh();
    this.mark();
    const { theta: thetaBox, generator, sampler } = this.boxes;
    const href = `transformer?family=Affine&image=Digit&lab_digit=${label}04&theta=${theta.map((v) => +v.toFixed(3)).join(",")}`;
    [thetaBox, generator, sampler].forEach(({ link }) => (link.href = href));
    this.diagram.classList.toggle("held", this.byHand);
    Object.assign(this.root.dataset, { theta: theta.join(","), logits: this.logits.join(",") });
  }

  mark() {
    this.handles.show(this.grasped === "grid" ? this.theta : this.pose);
    this.back.disabled = !this.byHand;
  }

  // -- what can be taken away

  report() {
    const odds = softmax(this.logits ?? [0]);
    this.reporter.tell({
      token: this.data.token,
      label: this.data.digits[this.digit].label,
      pose: this.pose,
      theta: this.theta,
      byHand: this.byHand,
      said: odds.indexOf(Math.max(...odds)),
    }, false);
  }

  get rowsAre() {
    return "Parameters θ, the digit's pose and all class probabilities";
  }

  rows() {
    const named = (name, values) => Object.fromEntries(values.map((v, p) => [`${name}${1 + Math.floor(p / 3)}${1 + (p % 3)}`, v]));
    const odds = oddsOf(softmax(this.logits));
    return [{ label: this.data.digits[this.digit].label, ...named("θ", this.theta), ...named("pose ", this.pose), ...odds }];
  }

  state() {
    return { digit: this.digit, pose: this.pose, theta: this.byHand ? this.theta : null };
  }

  restore({ digit, pose, theta }) {
    if (!(digit in this.data.digits) || !isLike(pose, IDENTITY) || (theta && !isLike(theta, IDENTITY))) return false;
    this.take(digit);
    this.basePose = pose;
    this.moveDigit(pose);
    if (theta) this.hold(theta);
    return true;
  }

  /** The wires, between where the boxes stand. */
  refit = () => this.wires.draw(this.diagram, this.boxes, this.pair.us[0].square);

  redraw() {
    if (!this.logits) return;
    this.refit();
    this.show(this.theta);
  }

  stop() {
    this.follow.stop();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
