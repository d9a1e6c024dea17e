/**
 * Transformers in parallel on one photograph (Table 3): windows of one size, and what each reads.
 * What a hand drags or covers is drawn in the same frame; where the network looks then comes from
 * Python, the newest state at a time, and the windows go there.
 */
import { button, element, group } from "../../dom.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { ARRIVE_SECONDS, FOLLOW_SECONDS } from "../../parts/playhead.js";
import { Transport } from "../../parts/transport.js";
import { areClose, mixed, predictionTrack } from "../large/tracks.js";
import { Moving } from "../moving.js";
import { Crops, swapper } from "./crops.js";
import { Photo, covered, pixelsBetween } from "./photo.js";
import { noteOf } from "./words.js";

const SIZES = ["small", "medium", "large"];

export class Windows extends Moving {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    super(root, python, mixed);
    this.size = 1;
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    if (before?.token !== data.token) return this.build();
    this.photo.data = this.crops.data = data;
    if (!this.player.isPlaying && !this.transport.head.playing) this.go(FOLLOW_SECONDS);
  }

  get count() {
    return this.data.own.length;
  }

  /** Where each window is to be: the hand's place, or the network's for what is uncovered. */
  get target() {
    const { own, predicted } = this.data;
    return (this.cover ? predicted : own).map((middle, n) => this.held[n] ?? middle);
  }

  get byHand() {
    return this.held.some(Boolean) || this.muted.some(Boolean);
  }

  /** What networks are given. */
  get image() {
    if (this.painted?.cover !== this.cover || this.painted.of !== this.data.image) {
      const { image, colour } = this.data;
      this.painted = { cover: this.cover, of: image, image: covered(image, this.cover, colour) };
      this.photo.paint(this.painted.image);
    }
    return this.painted.image;
  }

  go(seconds) {
    const { middles, target } = this;
    if (areClose(middles, target)) this.show(target);
    else this.pass(middles, target, seconds);
  }

  // -- what is there

  build() {
    const { data } = this;
    this.stop();
    Object.assign(this, { held: data.own.map(() => null), muted: data.own.map(() => false), cover: null, active: 0, painted: null });
    this.photo = new Photo(data, { move: (n, middle) => this.hold(n, middle), take: (n) => this.take(n), cover: (at) => this.coverAt(at) });
    this.crops = new Crops(data, (n) => this.mute(n));
    this.hint = element("span", { className: "hint" });
    this.said = element("span", { ariaLive: "polite" });
    const note = element("p", { className: "note" }, this.hint, this.said);
    this.buildTransport();
    const pane = element("figure", { className: "pane" }, this.photo.node);
    pane.dataset.pane = "photo";
    this.root.replaceChildren(element("div", { className: "looking" }, pane, this.tools(), this.crops.node, this.transport.node, note));
    this.setTrack();
    this.show(data.starts);
    this.go(ARRIVE_SECONDS);
    if (data.echo) this.report(); // what was reported is of another photograph
  }

  /** What the hand does on the photograph, and how large a cover is. */
  tools() {
    const hands = [{ value: false, name: "move windows" }, { value: true, name: "cover" }];
    const sizes = SIZES.map((name, i) => element("option", { value: i, textContent: name, selected: i === this.size }));
    this.sizes = element("select", { ariaLabel: "Size of the cover", title: "Size of the cover" }, ...sizes);
    this.sizes.onchange = () => {
      this.size = Number(this.sizes.value);
      if (this.cover) this.coverAt(this.cover);
    };
    this.uncover = button("Uncover", () => this.clear(), { title: "Takes the cover off the photograph" });
    this.hand = group("Hand:", hands, false, (covers) => this.choose(covers));
    this.back = button("Predict", () => this.predict(), { title: "The network's own windows again, none of them muted" });
    const swap = swapper(this.count, (a, b) => this.swap(a, b));
    return element("div", { className: "choices" }, this.hand, this.sizes, this.uncover, swap, this.back);
  }

  buildTransport() {
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.transport.more.append(exporter(this));
  }

  setTrack() {
    const { starts, own, trained } = this.data;
    const track = trained ? predictionTrack(starts, () => own, "prediction") : null;
    this.transport.node.classList.toggle("still", !track);
    if (track) this.transport.set({ ...track, name: "Windows from their start to the prediction", ends: ["start", "prediction"] }, false);
  }

  // -- what a hand does

  take(n) {
    this.active = n;
    this.show(this.middles);
  }

  choose(covers) {
    this.photo.choose(covers);
    if (covers && !this.cover) this.coverAt([0, 0]); // without a mouse it is moved from there
    if (covers) this.photo.cover.focus({ preventScroll: true });
    this.mark();
  }

  hold(n, middle) {
    this.halt();
    this.transport.leave();
    this.active = n;
    const kept = this.photo.kept(middle);
    this.held = this.held.map((old, i) => (i === n ? kept : old));
    this.show(this.middles.map((old, i) => (i === n ? kept : old)));
    this.report(true);
  }

  /** Cover the photograph around there; the windows go on when the network has answered. */
  coverAt([x, y]) {
    this.player.stop();
    const half = this.data.covers[this.size];
    this.cover = [...[x, y].map((v) => Math.max(-1, Math.min(1, v))), half];
    this.show(this.middles);
    this.report(true);
  }

  clear() {
    this.halt();
    this.cover = null;
    this.photo.pinned = false;
    this.go(FOLLOW_SECONDS);
    this.report();
  }

  mute(n) {
    this.player.stop();
    this.muted = this.muted.map((old, i) => (i === n ? !old : old));
    this.show(this.middles);
    this.report(true);
  }

  /** Each of two paths reads the other one's window. */
  swap(a, b) {
    this.halt();
    this.transport.leave();
    const { target } = this;
    this.held = this.held.map((old, n) => (n === a ? target[b] : n === b ? target[a] : old));
    this.go(ARRIVE_SECONDS);
    this.report(true);
  }

  /** The network's own windows for what is to be seen; all of them heard. */
  predict() {
    this.halt();
    Object.assign(this, { held: this.held.map(() => null), muted: this.muted.map(() => false) });
    this.setTrack();
    this.go(FOLLOW_SECONDS);
    this.report();
  }

  release() {
    this.cover = null;
    this.photo.pinned = false;
    this.predict();
  }

  scrub(position) {
    this.halt();
    const { track } = this.transport;
    const isOwn = position >= track.count - 1;
    const middles = track.theta(position);
    this.held = middles.map((middle) => (isOwn ? null : middle));
    this.show(isOwn ? this.target : middles);
    this.report(true);
  }

  // -- what is seen

  show(middles) {
    this.middles = middles;
    const { image } = this;
    this.photo.show(middles, this.muted, this.cover, this.active);
    this.crops.show(image, middles, this.muted);
    this.mark();
  }

  mark() {
    const { photo, data } = this;
    const words = noteOf({ ...data, width: data.image.width }, { ...this, covers: photo.covers, pinned: photo.pinned });
    if (this.hint.textContent !== words.hint) this.hint.textContent = words.hint;
    if (this.said.textContent !== words.said) this.said.textContent = words.said;
    this.back.disabled = !this.byHand;
    this.uncover.hidden = !this.cover;
    this.sizes.hidden = !photo.covers;
  }

  redraw() {
    if (this.middles) this.show(this.middles);
  }

  // -- what can be taken away

  get rowsAre() {
    return "Where each window is, and how far from the network's own";
  }

  rows() {
    const { own, image } = this.data;
    return this.middles.map(([x, y], n) => ({
      window: n + 1, t_x: x, t_y: y, "by hand": Boolean(this.held[n]), muted: this.muted[n],
      "pixels from the network's": pixelsBetween([x, y], own[n], image.width), cover: this.cover?.join(" ") ?? "",
    })); // prettier-ignore
  }

  state() {
    const { active, held, muted, cover } = this;
    return { active, held, muted: muted.map(Number), cover };
  }

  restore({ active, held, muted, cover }) {
    const isMiddle = (middle) => middle === null || (isLike(middle, [0, 0]) && this.photo.kept(middle).every((v, axis) => v === middle[axis]));
    if (!Array.isArray(held) || held.length !== this.held.length || !held.every(isMiddle)) return false;
    if (!isLike(muted, held.map(() => 0)) || !(active in held)) return false;
    if (cover !== null && (!isLike(cover, [0, 0, 0]) || !this.data.covers.includes(cover[2]))) return false;
    this.halt();
    Object.assign(this, { held, muted: muted.map(Boolean), cover, active });
    if (cover) this.size = this.data.covers.indexOf(cover[2]);
    this.sizes.value = this.size;
    this.show(this.target);
    if (!this.byHand && !cover) return true;
    this.transport.leave();
    this.report();
    return true;
  }

  report(live = false) {
    const { held, muted, cover } = this;
    this.reporter.tell({ token: this.data.token, held, muted: muted.map(Number), cover }, live);
  }

  /** The answer to a question: frames of ``thetas`` (T, N, 2), of ``cover`` (T, 3); all ``muted``. */
  play(answer) {
    this.halt();
    this.transport.leave();
    const { muted, byHand } = answer.settings;
    Object.assign(this, { held: this.held.map(() => null), muted: this.muted.map(() => Boolean(muted)), cover: null });
    this.photo.pinned = false;
    const show = ({ thetas, cover }) => {
      if (cover) this.cover = cover;
      if (thetas && byHand) this.held = thetas;
      this.show(thetas ?? this.target);
    };
    this.player.play(answer, show, () => this.report());
  }
}
