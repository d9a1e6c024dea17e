/** The large pair: grasped by handles, numbers and a playhead; tells Python where it rests. */
import { button } from "../../dom.js";
import { points } from "../../maths/grid.js";
import { sample } from "../../maths/sampling.js";
import { exporter } from "../../output/export.js";
import { Gradient } from "../../parts/gradient.js";
import { Inspector } from "../../parts/inspect.js";
import { Pair } from "../../parts/pair.js";
import { ARRIVE_SECONDS, FOLLOW_SECONDS } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { Moving } from "../moving.js";
import { playAnswer } from "./answer.js";
import { Composition } from "./composition.js";
import { Hand } from "./hand.js";
import { numbersOf } from "./numbers.js";
import { rowsAreOf, rowsOf } from "./rows.js";
import { Running } from "./running.js";
import { restoreState, stateOf } from "./state.js";
import { areClose, mixed, trackOf } from "./tracks.js";

export class Large extends Moving {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    super(root, python, mixed);
    this.composition = new Composition();
    this.running = new Running(this);
    this.hand = new Hand(
      (theta) => this.hold(this.withActive(theta)),
      (pose, input) => this.moveInput(pose, input),
      () => this.show(this.thetas)
    );
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    const kept = before && before.token === data.token;
    if (kept && before.shape === data.shape) this.answer(before);
    else this.build(kept);
  }

  /** The network's answer: a new prediction, or a track that has grown; nothing else moves. */
  answer(before) {
    const { data } = this;
    data.items[0].source = before.items[0].source;
    data.inputs.forEach((input, i) => (input.source = before.inputs[i].source));
    if (this.player.isPlaying) return;
    if (!data.transform) return this.show(null);
    if (data.track && data.track.count !== before.track.count) this.transport.set(data.track, true);
    if (this.byHand || this.descent || this.transport.head.playing) this.mark();
    else if (areClose(this.prediction, this.thetas)) this.show(this.prediction);
    else this.go(this.prediction, FOLLOW_SECONDS);
  }

  /** The network's θ: once the stage is in hand by the browser, if it has the network, else as
   * Python has sent it; null without a transformer. */
  get prediction() {
    const { running, isTouched } = this;
    return isTouched && running.network ? running.thetas(this.source) : this.data.items[0].thetas;
  }

  /** U. */
  get source() {
    const { inputs, items } = this.data;
    return this.composition.source(inputs, this.poses, items[0].source);
  }

  get identity() {
    return this.prediction && this.prediction.map(() => this.data.transform.identity);
  }

  get initialPoses() {
    return this.data.inputs.map(({ pose }) => pose);
  }

  go(thetas, seconds) {
    this.pass(this.thetas, thetas, seconds);
  }

  // -- what is there

  build(kept) {
    const { data, root } = this;
    this.stop();
    this.running.begin();
    const held = kept && this.byHand ? this.thetas : null;
    const target = kept && this.gradient ? this.targetThetas : null;
    this.pair = new Pair(data);
    if (!kept) {
      const elsewhere = this.running.posesElsewhere;
      Object.assign(this, { poses: elsewhere ?? this.initialPoses, descent: null, isTouched: Boolean(elsewhere) });
      this.hand.reset();
      if (!elsewhere) this.running.startAnew();
    }
    this.hand.begin(this.pair, data);
    root.classList.toggle("compact", Boolean(data.compact));
    this.buildTransport();
    this.gradient = this.inspector = null;
    if (data.transform) this.addTransformerParts();
    this.numbers = data.transform ? numbersOf(this) : [];
    root.replaceChildren(
      this.pair.node,
      ...(this.gradient ? [this.gradient.node] : []),
      this.transport.node,
      ...this.hand.choices(),
      ...(this.inspector ? [this.inspector.note] : []),
      ...this.numbers.map(({ node }) => node)
    );
    this.byHand = Boolean(held);
    this.hand.grasp();
    this.setTrack();
    const arrives = !kept && !this.isTouched;
    this.show(held ?? (arrives ? this.identity : this.prediction));
    if (this.gradient) this.aim(target ?? data.features.target);
    if (held || data.track?.pose) this.transport.leave();
    if (data.transform && arrives) this.go(this.prediction, ARRIVE_SECONDS);
    if (!kept && (this.isTouched || data.echo)) this.report(); // the input's pose; what was reported is of another stage
  }

  buildTransport() {
    const { transform, features } = this.data;
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.back = button(features.backName, () => this.release());
    if (transform) this.transport.more.append(button("θ = identity", () => this.hold(this.identity)));
    this.transport.more.append(this.back, exporter(this));
  }

  /** The gradient, where it is asked for, and the note on a pixel. */
  addTransformerParts() {
    if (this.data.features.gradient) this.gradient = new Gradient(this.pair, (steps, done) => this.descended(steps, done));
    this.inspector = new Inspector(this.pair);
  }

  /** The θ of every transformer, with this one of the active transformer. */
  withActive(theta) {
    return this.thetas.map((old, n) => (n === this.hand.active ? theta : old));
  }

  // -- what is played

  /** The playhead's track from now on; what nothing can be played of has none. */
  setTrack() {
    const track = trackOf(this);
    this.transport.node.classList.toggle("still", !track);
    if (track) this.transport.set(track, false);
  }

  scrub(position) {
    this.touch();
    const { track } = this.transport;
    if (track.pose) this.poses = [track.pose(position)];
    this.byHand = !track.pose && position < track.count - 1;
    this.show(this.data.transform ? track.theta(position, 0) : null);
    if (track.pose) this.report(this.isLive);
  }

  /** Steps of the descent, as they come. */
  descended(steps, done) {
    this.follow.stop();
    this.descent = steps;
    this.byHand = true;
    this.transport.set(trackOf(this), false);
    this.show([steps[steps.length - 1].theta]);
    if (done) this.report();
  }

  /** The θ whose V the descent is to match; without it, that of now. */
  aim(thetas) {
    this.targetThetas = thetas;
    const { transform, reading } = this.data;
    const grid = thetas && points(transform, thetas[0], transform.target);
    this.gradient.aim(grid ? sample(this.pair.source, grid, reading) : undefined);
  }

  // -- what a hand does

  /** A hand has moved θ. */
  hold(thetas, held) {
    this.touch();
    this.byHand = true;
    this.transport.leave();
    this.show(thetas, held);
    this.report(this.isLive);
  }

  /** A hand has moved the input: θ is the network's again, which Python is asked for where the
   * browser does not run it. */
  moveInput(pose, input) {
    this.gradient?.stop();
    this.byHand = false;
    this.transport.leave();
    this.followInput(this.poses.map((old, i) => (i === input ? pose : old)));
    this.report(this.running.asks);
  }

  /** The input stands there now, by this stage or by another that shows it. */
  followInput(poses) {
    this.isTouched = true;
    this.poses = poses;
    if (this.running.network) this.follow.stop();
    this.show(this.running.network && !this.byHand ? this.prediction : this.thetas);
  }

  /** Back to the prediction, and to the input as it was. */
  release() {
    this.touch();
    this.byHand = false;
    this.descent = null;
    this.poses = this.initialPoses;
    this.setTrack();
    this.show(this.prediction);
    this.report();
  }

  // -- what is seen

  show(thetas, held) {
    this.thetas = thetas;
    this.pair.show(this.source, this.data.items[0].alt, thetas);
    this.numbers.forEach((numbers) => numbers.show(thetas[this.hand.active], held));
    this.inspector?.refresh();
    if (this.gradient?.target) this.gradient.show();
    this.mark();
    if (this.isTouched) this.running.tell();
  }

  mark() {
    this.hand.show(this.thetas, this.poses);
    this.back.disabled = !this.byHand && !this.moved && !this.descent;
    this.root.dataset.turned = this.pair.turned ?? 0;
  }

  get moved() {
    return !areClose(this.poses, this.initialPoses);
  }

  // -- what can be taken away

  /** Tell Python: θ where a hand has set it, the inputs' poses if one was moved, the playhead. */
  report(live = false) {
    const value = {
      token: this.data.token,
      thetas: this.byHand ? this.thetas : null,
      poses: this.moved ? this.poses : null,
      position: this.transport.head.position,
    };
    this.reporter.tell(value, live);
  }

  get rowsAre() {
    return rowsAreOf(this.data);
  }

  rows() {
    return rowsOf(this.data, this, this.reporter.settled && this.data.probabilities);
  }

  /** Whether θ is the playhead's, and no hand's. */
  get isPlayed() {
    return !this.transport.scrub.classList.contains("off");
  }

  state() {
    return stateOf(this);
  }

  restore(state) {
    return restoreState(this, state);
  }

  redraw() {
    this.pair?.redraw();
    if (this.gradient?.target) this.gradient.show();
  }

  play = (answer) => playAnswer(this, answer);

  /** A hand has the stage from now on: what the browser can run follows it. */
  touch() {
    this.halt();
    this.isTouched = true;
  }

  /** Whether Python is told while θ moves. */
  get isLive() {
    return this.data.features.live && this.running.asks;
  }

  halt() {
    super.halt();
    this.gradient?.stop();
  }

  stop() {
    super.stop();
    this.running.end();
  }
}
