/**
 * Transformers in depth on one photograph (Table 2, (b)): their frames multiplied out on it, and
 * each one's own on the feature map that it reads. What a hand drags is drawn in the same frame;
 * what the network predicts for it comes from Python.
 */
import { button, element, press } from "../../dom.js";
import { IDENTITY } from "../../maths/affine.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { ARRIVE_SECONDS, FOLLOW_SECONDS } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { areClose, mixed, predictionTrack } from "../large/tracks.js";
import { Moving } from "../moving.js";
import { columnOf, dragGroup, nameOf, numbersOf, rowNames } from "./controls.js";
import { Hands } from "./hands.js";
import { Picture, isCrop, multipliedOut } from "./picture.js";
import { Pointing } from "./pointing.js";

export class Depth extends Moving {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    super(root, python, mixed);
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    if (before?.token !== data.token) return this.build();
    if (!this.player.isPlaying && !this.transport.head.playing) this.go(FOLLOW_SECONDS);
  }

  get count() {
    return this.data.sizes.length;
  }

  get identity() {
    return this.data.sizes.map(() => IDENTITY);
  }

  /** θ of every transformer as it is to be: muted, the hand's, or the network's. */
  get target() {
    return this.data.thetas.map((theta, n) => (this.muted[n] ? IDENTITY : this.held[n] ?? theta));
  }

  get byHand() {
    return this.held.some(Boolean) || this.muted.some(Boolean);
  }

  get moved() {
    return !areClose([this.crop], [this.data.crop]);
  }

  go(seconds) {
    const { thetas, target } = this;
    if (areClose(thetas, target)) this.show(target);
    else this.pass(thetas, target, seconds);
  }

  // -- what is there

  build() {
    const { data } = this;
    this.stop();
    Object.assign(this, { crop: data.crop, held: data.sizes.map(() => null), muted: data.sizes.map(() => false) });
    const before = Math.min(this.active === "crop" ? 0 : this.active ?? 0, this.count - 1);
    this.active = data.photograph.uncropped || !this.count ? "crop" : before;
    this.picture = new Picture(data);
    this.buildTransport();
    this.numbers = numbersOf(this.root, (theta, held) => this.hold(theta, held));
    this.dragged = dragGroup(data, this.active, (active) => this.take(active));
    this.columns = data.sizes.map((_, n) => columnOf(this, n));
    const cells = [this.picture.views, this.picture.us, this.picture.vs].flatMap((panes, row) =>
      panes.length ? [rowNames(this.count)[row], ...panes.map(({ node }) => node)] : []
    );
    const layers = element("div", { className: "layers" }, ...this.columns.map(({ node }) => node), ...cells);
    layers.style.setProperty("--columns", this.count || 1);
    const left = element("div", { className: "photograph" }, this.picture.photo.node, this.dragged.node, this.transport.node);
    this.root.replaceChildren(element("div", { className: "depth" }, left, layers), this.numbers.node);
    this.hands = new Hands(this);
    this.pointing = new Pointing(this.picture);
    this.setTrack();
    this.show(this.identity);
    this.go(ARRIVE_SECONDS);
    if (data.echo) this.report(); // what was reported is of another picture
  }

  buildTransport() {
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.back = button(this.count ? "Use the predicted θ" : "Reset the crop", () => this.release());
    this.transport.more.append(this.back, exporter(this));
  }

  setTrack() {
    const track = this.count ? predictionTrack(this.identity, () => this.data.own, "prediction") : null;
    this.transport.node.classList.toggle("still", !track);
    if (track) this.transport.set(track, false);
  }

  // -- what a hand does

  /** Have the hand on the photograph and the sliders take another frame. @param {number|"crop"} active */
  take(active) {
    this.active = active;
    press(this.dragged.buttons, (_, i) => this.dragged.values[i] === active);
    this.hands.grasp();
    this.show(this.thetas);
  }

  /** A hand has moved the active frame, or the n-th. A crop that is far too large is not taken. */
  hold(theta, held, n = this.active) {
    this.halt();
    if (n === "crop" && !isCrop(theta)) return this.show(this.thetas);
    this.transport.leave();
    if (n === "crop") this.crop = theta;
    else {
      this.held = this.held.map((old, i) => (i === n ? theta : old));
      this.muted = this.muted.map((old, i) => old && i !== n);
    }
    this.show(n === "crop" ? this.thetas : this.thetas.map((old, i) => (i === n ? theta : old)), held);
    this.report(true);
  }

  /** The identity in place of a transformer's θ, or no longer. */
  mute(n) {
    this.halt();
    this.transport.leave();
    this.muted = this.muted.map((old, i) => (i === n ? !old : old));
    this.go(FOLLOW_SECONDS);
    this.mark();
    this.report(true);
  }

  /** The network's θ everywhere, and the crop as it was. */
  release() {
    this.halt();
    Object.assign(this, { held: this.held.map(() => null), muted: this.muted.map(() => false) });
    if (this.moved) this.crop = this.data.crop;
    this.data.thetas = this.data.own;
    this.setTrack();
    this.show(this.target);
    this.report();
  }

  scrub(position) {
    this.halt();
    const { track } = this.transport;
    const thetas = track.theta(position);
    const isOwn = position >= track.count - 1;
    this.held = thetas.map((theta) => (isOwn ? null : theta));
    this.muted = this.muted.map(() => false);
    this.show(thetas);
    this.report(true);
  }

  // -- what is seen

  show(thetas, held) {
    this.thetas = thetas;
    this.picture.show(this.crop, thetas);
    this.numbers.summary.textContent = `${nameOf(this.active)}: rotation, scale, shear and translation`;
    this.numbers.show(this.active === "crop" ? this.crop : thetas[this.active], held);
    this.pointing?.mark();
    this.mark();
  }

  mark() {
    this.hands?.show();
    this.back.disabled = !this.byHand && !this.moved;
    this.columns.forEach(({ mute }, n) => press([mute], () => this.muted[n]));
  }

  // -- what can be taken away

  get rowsAre() {
    return "The crop, each transformer's θ, and θ multiplied out";
  }

  rows() {
    const named = (frame, theta) => ({ frame, ...Object.fromEntries(["θ11", "θ12", "θ13", "θ21", "θ22", "θ23"].map((name, p) => [name, theta[p]])) });
    const products = multipliedOut(this.thetas);
    return [
      named("crop", this.crop),
      ...this.thetas.flatMap((theta, n) => [named(`transformer ${n + 1}`, theta), named(`1 to ${n + 1} multiplied out`, products[n])]),
    ];
  }

  state() {
    const { active, muted } = this;
    return { active, held: this.held, muted: muted.map(Number), crop: this.moved ? this.crop : null };
  }

  restore({ active, held, muted, crop }) {
    const isTheta = (theta) => theta === null || isLike(theta, IDENTITY);
    if (!Array.isArray(held) || held.length !== this.count || !held.every(isTheta)) return false;
    if (!isLike(muted, held.map(() => 0)) || !isTheta(crop) || (crop && !isCrop(crop))) return false;
    if (active !== "crop" && !(Number.isInteger(active) && active >= 0 && active < this.count)) return false;
    Object.assign(this, { held, muted: muted.map(Boolean), crop: crop ?? this.crop });
    this.follow.stop();
    this.thetas = this.target;
    this.take(active);
    if (this.byHand || this.moved) {
      this.transport.leave();
      this.report();
    }
    return true;
  }

  /** Tell Python: the crop if a hand has moved it, and θ where one has set it. */
  report(live = false) {
    this.reporter.tell({
      token: this.data.token,
      crop: this.moved ? this.crop : null,
      thetas: this.held.map((theta, n) => (this.muted[n] ? IDENTITY : theta)),
    }, live); // prettier-ignore
  }

  redraw() {
    this.picture?.redraw();
    this.pointing?.mark();
  }

  /** The answer to a question: frames of ``thetas`` (T, N, 6), or of the ``crop`` (T, 6). */
  play(answer) {
    this.halt();
    this.transport.leave();
    Object.assign(this, { held: this.held.map(() => null), muted: this.muted.map(() => false), crop: this.data.crop });
    const show = ({ thetas, crop }) => {
      if (crop) this.crop = crop;
      if (thetas && answer.settings.byHand) this.held = thetas;
      this.show(thetas ?? this.thetas);
    };
    this.player.play(answer, show, () => this.report());
  }

  stop() {
    super.stop();
    this.picture?.maps.stop();
  }
}
