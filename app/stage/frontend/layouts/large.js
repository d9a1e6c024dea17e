/** The large pair: grasped by handles, numbers and a playhead; tells Python where it rests. */
import { Equation, PoseNumbers, ThetaNumbers } from "../parts/numbers.js";
import { exporter } from "../output/export.js";
import { isLike } from "../output/link.js";
import { Gradient } from "../parts/gradient.js";
import { Handles } from "../parts/handles.js";
import { Inspector } from "../parts/inspect.js";
import { Pair, element } from "../parts/pair.js";
import { Change } from "../parts/playhead.js";
import { Reporter } from "../output/report.js";
import { Transport } from "../parts/transport.js";
import { between, points } from "../maths/grid.js";
import { kernel } from "../maths/kernels.js";
import { layGrid } from "../maths/pose.js";
import { sample } from "../maths/sampling.js";

const ARRIVE_SECONDS = 0.8; // a new image's grid goes from the identity to its prediction
const FOLLOW_SECONDS = 0.12; // the grid goes after the network's answer to a moved input
const NARROW_PIXELS = 540; // as in stage.css; there the sliders are folded away at first
const MANY = 8; // sliders; more of them are folded away, too
/** Whether two lists of θ, or of poses, are the same but for rounding. */
const same = (one, other) => one.every((theta, n) => theta.every((v, p) => Math.abs(v - other[n][p]) < 1e-6));
const LAID = { kernel: kernel("bilinear"), padding: "zeros" }; // as Python lays the input

export class Large {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.reporter = new Reporter(python.tell);
    this.follow = new Change((share) => this.show(this.mix(this.from, this.to, share)));
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
    if (data.adopted) this.poses = data.adopted;
    if (!data.transform) return this.show(null);
    if (data.track && data.track.count !== before.track.count) this.transport.set(data.track, true);
    if (this.byHand || this.recorded || this.transport.head.playing) {
      if (data.adopted) this.show(this.thetas);
      else this.mark();
    } else this.go(this.prediction, FOLLOW_SECONDS);
  }

  /** What Python has sent; null without a transformer. */
  get prediction() {
    return this.data.items[0].thetas;
  }

  get identity() {
    return this.prediction && this.prediction.map(() => this.data.transform.identity);
  }

  /** Where the inputs were laid at first. */
  get began() {
    return this.data.inputs.map(({ pose }) => pose);
  }

  mix(from, to, share) {
    return from.map((theta, n) => between(theta, to[n], share));
  }

  go(thetas, seconds) {
    this.from = this.thetas;
    this.to = thetas;
    this.follow.play(seconds);
  }

  // -- what is there

  build(kept) {
    const { data, root } = this;
    this.stop();
    const hand = kept && this.byHand ? this.thetas : null;
    const target = kept && this.gradient ? this.targetThetas : null;
    this.pair = new Pair(data);
    if (!kept) Object.assign(this, { active: 0, poses: this.began, mode: "grid", recorded: null });
    root.classList.toggle("compact", Boolean(data.compact));
    this.numbers = [];
    this.gradient = this.inspector = null;
    const parts = [this.pair.node];
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.back = this.button(data.features.backName, () => this.release());
    const one = (theta) => this.thetas.map((old, n) => (n === this.active ? theta : old));
    const onTheta = (theta, held) => this.handle(one(theta), held);
    if (data.transform) {
      if (data.features.gradient) {
        this.gradient = new Gradient(this.pair, (...frames) => this.descended(...frames));
        parts.push(this.gradient.node);
      }
      this.inspector = new Inspector(this.pair);
      parts.push(this.inspector.note);
      this.transport.more.append(this.button("Identity", () => this.handle(this.identity)));
      this.number(onTheta);
    } else this.mode = Number(this.mode) || 0;
    this.transport.more.append(this.back, exporter(this));
    parts.push(this.choices(), this.transport.node);
    root.replaceChildren(...parts.filter(Boolean), ...this.numbers.map(({ node }) => node));
    this.byHand = Boolean(hand);
    this.grasp((theta) => onTheta(theta));
    this.play();
    this.show(hand ?? (kept ? this.prediction : this.identity));
    if (this.gradient) this.aim(target ?? data.features.target);
    if (hand || data.track?.pose) this.transport.leave();
    if (data.transform && !hand && !kept) this.go(this.prediction, ARRIVE_SECONDS);
  }

  /** The playhead's track from now on; what nothing can be played of has none. */
  play() {
    const track = this.track();
    this.transport.node.classList.toggle("still", !track);
    if (track) this.transport.set(track, false);
  }

  /** θ in numbers, in the ways that Python asks for. */
  number(onTheta) {
    const { data, root } = this;
    const { pose, equation } = data.features;
    const roomy = !data.compact && root.clientWidth > NARROW_PIXELS;
    const few = data.transform.names.length <= MANY;
    if (equation) this.numbers.push(new Equation(data.transform));
    if (pose) this.numbers.push(new PoseNumbers(roomy, onTheta));
    this.numbers.push(new ThetaNumbers(data.transform, roomy && few && !pose, onTheta));
  }

  button(textContent, onclick) {
    return element("button", { type: "button", textContent, onclick });
  }

  /** Which transformer the handles and sliders are of, and whether the hand takes grid or input. */
  choices() {
    const { transformers, inputs, transform } = this.data;
    const groups = [];
    if (transformers.length > 1) {
      const names = transformers.map(({ name, colour }, n) => ({ value: n, name, colour }));
      this.whose = this.group("Handles of", names, this.active, (n) => this.choose({ active: n }));
      groups.push(this.whose);
    }
    const moved = inputs.map(({ name }, i) => ({ value: i, name }));
    if (transform) moved.unshift({ value: "grid", name: transformers.length > 1 ? "the grids" : "the grid" });
    if (moved.length > 1) groups.push(this.group("The hand moves", moved, this.mode, (mode) => this.choose({ mode })));
    return groups.length ? element("div", { className: "choices" }, ...groups) : null;
  }

  group(title, names, chosen, onChosen) {
    const group = element("div", { className: "buttons" }, element("span", { textContent: title }));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    for (const { value, name, colour } of names) {
      const button = this.button(name, () => {
        for (const other of group.querySelectorAll("button")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        onChosen(value);
      });
      button.setAttribute("aria-pressed", String(value === chosen));
      if (colour) button.style.borderLeft = `0.5rem solid ${colour}`;
      group.append(button);
    }
    return group;
  }

  choose(choice) {
    Object.assign(this, choice);
    this.grasp();
    this.show(this.thetas);
  }

  /** Handles on every U: of the active transformer's grid; or of an input, on its channel. */
  grasp(onTheta = this.onTheta) {
    this.onTheta = onTheta;
    this.handles?.forEach((handles) => handles.remove());
    const { inputs, transform } = this.data;
    const input = inputs[this.mode];
    if (this.whose) this.whose.style.visibility = input ? "hidden" : "visible"; // an input has its own
    this.handles = this.pair.us
      .filter(({ plane }) => (input?.channel ?? plane) === plane)
      .map(({ square }) =>
        input
          ? new Handles(square, input.form, (pose) => this.lay(pose))
          : new Handles(square, transform, onTheta)
      );
  }

  // -- what is played

  /** @returns {import("../parts/transport.js").Track} */
  track() {
    const { data, recorded } = this;
    if (recorded) {
      return {
        count: recorded.length,
        perSecond: 30,
        name: "Over the steps of the descent",
        ends: ["first step", "last"],
        label: (frame) => `step ${frame}, loss ${recorded[frame].loss.toFixed(4)}`,
        theta: (position) => [recorded[Math.round(position)].theta],
      };
    }
    if (data.track || !data.transform) return data.track;
    if (same(this.prediction, this.identity)) return null;
    return {
      count: 2,
      perSecond: 0.5,
      name: `From the identity to ${data.features.endName}`,
      ends: ["identity", data.features.endName],
      label: () => "",
      theta: (position) => this.mix(this.identity, this.prediction, position),
    };
  }

  scrub(position) {
    this.halt();
    const { track } = this.transport;
    if (track.pose) this.poses = [track.pose(position)];
    this.byHand = !track.pose && position < track.count - 1;
    this.show(this.data.transform ? track.theta(position, 0) : null);
    if (track.pose) this.report(this.data.features.live);
  }

  /** Steps of the descent, as they come. */
  descended(frames, done) {
    this.follow.stop();
    this.recorded = frames;
    this.byHand = true;
    this.transport.set(this.track(), false);
    this.show([frames[frames.length - 1].theta]);
    if (done) this.report();
  }

  aim(thetas) {
    this.targetThetas = thetas;
    const { transform, reading } = this.data;
    const grid = thetas && points(transform, thetas[0], transform.target);
    this.gradient.aim(grid ? sample(this.pair.source, grid, reading) : undefined);
  }

  // -- what a hand does

  /** A hand has moved θ. */
  handle(thetas, held) {
    this.halt();
    this.byHand = true;
    this.transport.leave();
    this.show(thetas, held);
    this.report(this.data.features.live);
  }

  /** A hand has moved the input: θ is the network's again, which Python is asked for. */
  lay(pose, which = this.mode) {
    this.gradient?.stop();
    this.byHand = false;
    this.poses = this.poses.map((old, i) => (i === which ? pose : old));
    this.transport.leave();
    this.show(this.thetas);
    this.report(true);
  }

  /** Back to the prediction, and to the input as it was. */
  release() {
    this.halt();
    this.byHand = false;
    this.recorded = null;
    this.poses = this.began;
    this.play();
    this.show(this.prediction);
    this.report();
  }

  /** U: what Python has sent, or the inputs laid where the hand has them. */
  source() {
    const { inputs, items } = this.data;
    if (!inputs.length) return items[0].source;
    if (this.laid?.poses !== this.poses || this.laid.inputs !== inputs) {
      const { height, width } = items[0].source;
      const pixels = Float32Array.from(items[0].source.pixels);
      inputs.forEach((input, i) => {
        const laid = sample(input.source, layGrid(this.poses[i], [height, width]), LAID);
        pixels.set(laid, (input.channel ?? 0) * height * width);
      });
      this.laid = { poses: this.poses, inputs, source: { ...items[0].source, pixels } };
    }
    return this.laid.source;
  }

  show(thetas, held) {
    this.thetas = thetas;
    this.pair.show(this.source(), this.data.items[0].alt, thetas);
    this.numbers.forEach((numbers) => numbers.show(thetas[this.active], held));
    this.inspector?.refresh();
    if (this.gradient?.target) this.gradient.show();
    this.mark();
  }

  mark() {
    const at = this.mode === "grid" ? this.thetas[this.active] : this.poses[this.mode];
    this.handles.forEach((handles) => handles.show(at));
    this.back.disabled = !this.byHand && !this.moved && !this.recorded;
    this.root.dataset.turned = this.pair.turned ?? 0;
  }

  get moved() {
    return !same(this.poses, this.began);
  }

  /** Tell Python: θ where a hand has set it, the inputs' poses if one was moved, the playhead. */
  report(live = false) {
    const { token } = this.data;
    const value = {
      token,
      thetas: this.byHand ? this.thetas : null,
      poses: this.moved ? this.poses : null,
      position: this.transport.head.position,
    };
    this.reporter.tell(value, live);
  }

  // -- what can be taken away

  /** θ as it is, and of every frame of a track; the inputs' poses. */
  rows() {
    const { transformers, inputs, transform, track } = this.data;
    const named = (thetas, more) =>
      thetas.map((theta, n) => ({
        ...more,
        transformer: transformers[n].name || n + 1,
        ...Object.fromEntries(transform.names.map((name, p) => [name, theta[p]])),
      }));
    const poses = Object.fromEntries(inputs.flatMap(({ name }, i) => this.poses[i].map((v, p) => [`pose of ${name} ${p + 1}`, v])));
    if (!transform) return [{ frame: "shown", ...poses }];
    const played = this.recorded
      ? this.recorded.flatMap(({ theta, loss }, frame) => named([theta], { frame, loss }))
      : track
        ? [...Array(track.count).keys()].flatMap((frame) => named(track.theta(frame, 0), { frame, label: track.label(frame) }))
        : [];
    return [...named(this.thetas, { frame: "shown", ...poses }), ...played];
  }

  /** For a link: what a hand has done, and the playhead. */
  state() {
    return {
      thetas: this.byHand ? this.thetas : null,
      poses: this.moved ? this.poses : null,
      position: this.transport.track ? this.transport.head.position : null,
    };
  }

  /** Whether that fits what is shown; if so, it is as it was. */
  restore({ thetas, poses, position }) {
    if (thetas && !(this.thetas && isLike(thetas, this.thetas))) return false;
    if (poses && !isLike(poses, this.poses)) return false;
    if (poses) {
      this.poses = poses;
      this.lay(poses[Number(this.mode) || 0], Number(this.mode) || 0);
    }
    if (thetas) this.handle(thetas);
    const { track, head } = this.transport;
    if (!thetas && track && typeof position === "number" && position >= 0 && position < head.last) head.seek(position);
    return true;
  }

  redraw() {
    this.pair?.redraw();
    if (this.gradient?.target) this.gradient.show();
  }

  /** Nothing moves on by itself. */
  halt() {
    this.follow.stop();
    this.gradient?.stop();
  }

  stop() {
    this.halt();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
