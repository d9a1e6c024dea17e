/** A volume and what a 3D transformer reads of it, turned by one hand; their projections (Fig. 5). */
import { button, element } from "../../dom.js";
import { between } from "../../maths/grid.js";
import * as solid from "../../maths/solid.js";
import { bookmarkOf, keepBookmark } from "../../output/bookmarks.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { ARRIVE_SECONDS, FOLLOW_SECONDS } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { Moving } from "../moving.js";
import { digitSliders, handGroups, isClose, thetaSliders } from "./controls.js";
import { Picture } from "./picture.js";
import { rowsOf } from "./rows.js";
import { Training } from "./training.js";
import { View, dragged } from "./view.js";

export class Volume extends Moving {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    super(root, python, between);
    Object.assign(this, { hand: { what: "view", how: "turn" }, view: new View(() => this.picture.paint()) });
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    if (before?.token !== data.token || before.shape !== data.shape) return this.build();
    this.picture.data = data;
    if (data.track) return this.grow();
    if (this.player.isPlaying) return;
    if (!this.byHand && !this.transport.head.playing) this.go(data.theta, FOLLOW_SECONDS);
    else this.mark();
  }

  get initialPose() {
    return this.data.pose;
  }

  get moved() {
    return !isClose([...this.pose.turn, ...this.pose.shift], [...this.initialPose.turn, ...this.initialPose.shift]);
  }

  go(theta, seconds) {
    this.pass(this.theta, theta, seconds);
  }

  // -- what is there

  build() {
    const { data, hand } = this;
    this.stop();
    this.pose = data.pose;
    this.byHand = false;
    this.picture = new Picture(data, this.view, (kind, pixels) => this.pull(kind === "V" ? "view" : hand.what, pixels));
    this.training = data.track && new Training(data);
    this.buildTransport();
    this.numbers = data.track ? [] : this.sliders();
    this.hands = handGroups(data, hand);
    this.root.replaceChildren(
      ...this.picture.nodes,
      element("div", { className: "choices" }, ...this.hands, this.view.buttons()),
      ...(this.training?.nodes ?? []),
      ...this.numbers.map(({ node }) => node)
    );
    this.picture.volumes.append(this.transport.node); // below U and V: flat pictures are below it, or beside them
    this.begin();
  }

  buildTransport() {
    const { data } = this;
    this.transport = new Transport((position) => this.scrub(position), () => {
      if (data.track) keepBookmark(data.token, this.transport.place(this.data.track.steps));
      this.report();
    });
    this.back = button("Use the predicted θ", () => this.release());
    if (data.transforms && !data.track) this.transport.more.append(button("θ = identity", () => this.hold(data.identity)));
    if (!data.track) this.transport.more.append(this.back);
    this.transport.more.append(exporter(this));
  }

  sliders() {
    const theta = this.data.transforms ? thetaSliders(this.data, (values, held) => this.hold(values, held)) : [];
    return [...theta, digitSliders(this.root.clientWidth, (pose, held) => this.moveDigit(pose, held))];
  }

  /** Show what has been built: from the identity to the prediction, or where the playhead was left. */
  begin() {
    const { data } = this;
    this.theta = data.track ? data.track.theta(data.track.count - 1) : data.identity;
    const bookmark = data.track && bookmarkOf(data.token);
    this.setTrack(false);
    const isBack = bookmark && this.transport.comeBack(bookmark, data.track.steps);
    if (isBack) keepBookmark(data.token, bookmark);
    if (!data.track && data.transforms) this.go(data.theta, ARRIVE_SECONDS);
    this.show(this.theta);
    if (!isBack && data.track?.begin === 0) this.transport.playOnce();
    if (data.echo) this.report(); // what was reported is of another volume
  }

  /** The training has gone on; the playhead stays, unless it stands on what was the last frame. */
  grow() {
    this.training.set(this.data);
    this.setTrack(true);
  }

  // -- what is played

  setTrack(kept) {
    const { data } = this;
    const track = data.track ?? {
      count: 2,
      perSecond: 0.5,
      name: "θ from the identity to the prediction",
      ends: ["identity", "prediction"],
      label: () => "",
      theta: (position) => between(data.identity, this.data.theta, position),
    };
    this.transport.node.classList.toggle("still", !data.track && !data.transforms);
    this.transport.set(track, kept);
    if (kept) this.show(track.theta(this.transport.head.position));
    if (data.track && !kept && data.track.begin === 0) this.transport.head.seek(0);
  }

  scrub(position) {
    this.halt();
    const { track } = this.transport;
    this.byHand = !this.data.track && position < track.count - 1;
    this.show(track.theta(position));
  }

  // -- what a hand does

  /** A hand went so many pixels right, down, and around (or into) the screen. */
  pull(what, pixels) {
    const rotated = dragged(pixels);
    if (what === "view") return this.view.turn(rotated);
    const { camera } = this.view;
    const world = solid.transpose(camera);
    const turned = (m) => solid.multiply(solid.multiply(world, rotated), solid.multiply(camera, m));
    const { pixelSize } = this.picture;
    const by = solid.apply(world, pixels.map((value) => value * pixelSize));
    const shifted = (shift) => shift.map((value, i) => value + by[i]);
    const moves = this.hand.how === "move";
    if (what === "digit") {
      const { turn, shift } = this.pose;
      return this.moveDigit(moves ? { turn, shift: shifted(shift) } : { turn: turned(turn), shift });
    }
    const [matrix, shift] = [solid.matrixOf(this.theta), solid.shiftOf(this.theta)];
    this.hold(moves ? solid.thetaOf(matrix, shifted(shift)) : solid.thetaOf(turned(matrix), shift));
  }

  /** A hand has moved θ. */
  hold(theta, held) {
    this.halt();
    this.byHand = true;
    this.transport.leave();
    this.show(theta, held);
    this.report(true);
  }

  /** A hand has moved the digit: θ is the network's again, which Python is asked for. */
  moveDigit({ turn, shift }, held) {
    this.byHand = false;
    this.pose = { turn, shift: shift.map((value) => Math.max(-1, Math.min(1, value))) };
    this.transport.leave();
    this.show(this.theta, held);
    this.report(true);
  }

  /** Back to the prediction, and to the digit as it was. */
  release() {
    this.halt();
    this.byHand = false;
    this.pose = this.initialPose;
    this.setTrack(false);
    if (!this.data.track) this.show(this.data.theta);
    this.report();
  }

  // -- what is seen

  show(theta, held) {
    this.theta = theta;
    this.numbers.forEach((numbers) => numbers.show(numbers.valuesOf(this), held));
    this.mark();
    this.picture.show(theta, this.pose);
    this.training?.show(this.transport.head.position);
  }

  mark() {
    this.back.disabled = !this.byHand && !this.moved;
  }

  // -- what can be taken away

  get curveRows() {
    return this.training?.curveRows;
  }

  get rowsAre() {
    if (!this.data.track) return `Parameters θ, the digit's pose${this.data.probabilities ? ", and all class probabilities" : ""}`;
    return "Parameters θ, error and class probabilities, at every recorded step";
  }

  rows() {
    return rowsOf(this.data, this.theta, this.pose, this.reporter.settled && this.data.probabilities);
  }

  state() {
    const pose = this.moved ? [...this.pose.turn, ...this.pose.shift] : null;
    const position = this.data.track ? this.transport.head.position : null;
    return { theta: this.byHand ? this.theta : null, pose, position, view: this.view.numbers, hand: this.hand };
  }

  restore({ theta, pose, position, view, hand }) {
    const { turn, shift } = this.pose;
    if ((pose && !isLike(pose, [...turn, ...shift])) || (theta && !isLike(theta, this.theta))) return false;
    if (view && !this.view.restore(view)) return false;
    if (hand) this.take(hand);
    if (pose) {
      this.pose = { turn: pose.slice(0, 9), shift: pose.slice(9) };
      this.show(this.theta);
      this.report();
    }
    if (theta && this.data.transforms && !this.data.track) this.hold(theta);
    if (this.data.track && position >= 0 && position <= this.transport.head.last) this.transport.head.seek(position);
    return true;
  }

  /** Have the hand take and do what a link says, as far as that is to be had. */
  take({ what, how }) {
    Object.assign(this.hand, { what, how: how === "move" ? "move" : "turn" });
    const chosen = handGroups(this.data, this.hand);
    this.hands.forEach((node, i) => node.replaceWith(chosen[i]));
    this.hands = chosen;
  }

  /** Tell Python: θ where a hand has set it, the digit's pose if it was moved. */
  report(live = false) {
    const { token, track } = this.data;
    if (track) return; // a hand moves nothing there but the playhead
    const value = {
      token,
      theta: this.byHand ? this.theta : null,
      pose: this.moved ? [...this.pose.turn, ...this.pose.shift] : null,
    };
    this.reporter.tell(value, live);
  }

  redraw() {
    if (!this.theta) return;
    this.picture.paint();
    this.training?.show(this.transport.head.position);
  }

  /** The answer to a question: frames of ``theta`` and of the digit's ``pose``, seen from the front or as it is. */
  play(answer) {
    this.halt();
    this.byHand = false;
    this.transport.leave();
    if (answer.settings.front) this.view.face();
    const show = ({ theta, pose }) => {
      this.pose = { turn: pose.slice(0, 9), shift: pose.slice(9) };
      this.show(theta);
    };
    this.player.play(answer, show, () => this.report());
  }
}
