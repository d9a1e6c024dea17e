/** A volume and what a 3D transformer reads of it, turned by one hand; their projections (Fig. 5). */
import { Curves, logarithmic, rowsOf } from "../../parts/curves.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { paintPixels } from "../../parts/drawing.js";
import { between } from "../../maths/grid.js";
import { Sliders, short } from "../../parts/numbers.js";
import { element } from "../../parts/pair.js";
import { leave, whereLeft } from "../../output/places.js";
import { Change } from "../../parts/playhead.js";
import { Reporter } from "../../output/report.js";
import { Scene } from "./splat.js";
import { Transport } from "../../parts/transport.js";
import * as solid from "../../maths/solid.js";

const ARRIVE_SECONDS = 0.8; // a new volume's grid goes from the identity to its prediction
const FOLLOW_SECONDS = 0.12; // the grid goes after the network's answer to a moved digit
const NARROW_PIXELS = 540; // as in stage.css
const VIEWS = { "At an angle": [22, 32, 0], Front: [0, 0, 0], Side: [0, 90, 0], Top: [90, 0, 0] };
const DEGREES_A_PIXEL = 0.45;
const KEY_PIXELS = 12; // what an arrow key is worth
const GROUND = "#1d2126"; // as behind U and V in stage.css
const EDGES = "#55626e";
const ZOOMS = [1, 3]; // how near the camera comes
const SLICE = "#ff5fa2";
const DIM = 0.42; // voxels that the grid does not read
const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
const LOGARITHMIC = 10;

const close = (one, other) => one.every((v, i) => Math.abs(v - other[i]) < 1e-6);

/** Degrees about the screen's axes for a hand that went so many pixels. */
const drag = (dx, dy, roll) => solid.rotation([DEGREES_A_PIXEL * dy, -DEGREES_A_PIXEL * dx, DEGREES_A_PIXEL * roll]);

export class Volume {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, flat: 0, zoom: 1, camera: solid.rotation(VIEWS["At an angle"]), what: "view", how: "turn" });
    this.reporter = new Reporter(python.tell);
    this.follow = new Change((share) => this.show(between(this.from, this.to, share)));
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.reporter.answered(data.echo);
    if (before?.token !== data.token || before.shape !== data.shape) return this.build();
    data.digit = before.digit; // the same, already extruded
    if (data.track) return this.grow();
    if (!this.byHand && !this.transport.head.playing) this.go(data.theta, FOLLOW_SECONDS);
    else this.mark();
  }

  get began() {
    return this.data.pose;
  }

  get moved() {
    return !close([...this.pose.turn, ...this.pose.shift], [...this.began.turn, ...this.began.shift]);
  }

  go(theta, seconds) {
    this.from = this.theta;
    this.to = theta;
    this.follow.play(seconds);
  }

  // -- what is there

  build() {
    const { data } = this;
    this.stop();
    this.pose = data.pose;
    this.byHand = false;
    this.k = null; // the slice with the most ink, until one is chosen
    if (!data.transforms && this.what === "grid") this.what = "view";
    this.u = this.pane("U", "the volume");
    this.v = this.pane("V", "what the grid reads");
    const flats = [this.u, this.v].flatMap((pane) => pane.flats.map(({ node }) => node));
    this.panes = element(
      "div", { className: "solids" }, this.u.node, this.v.node, element("div", { className: "flats" }, ...flats)
    );
    this.transport = new Transport((position) => this.scrub(position), () => {
      if (data.track) leave(data.token, this.transport.place(this.data.track.steps));
      this.report();
    });
    this.back = this.button("Back to prediction", () => this.release());
    if (data.transforms && !data.track) {
      this.transport.more.append(this.button("Identity", () => this.hold(data.identity)), this.back);
    } else if (!data.track) this.transport.more.append(this.back);
    this.transport.more.append(exporter(this));
    this.said = element("p", { className: "words", ariaLive: "polite" });
    const parts = [this.hands(), this.panes, this.said, this.knobs(), this.transport.node];
    this.averages = [];
    if (data.track?.probabilities) {
      const means = data.track.meanClasses?.length ? [this.means()] : [];
      parts.push(element("div", { className: "seen" }, this.bars(), ...means));
    }
    this.numbers = [];
    if (!data.track) this.number();
    if (data.track?.history) parts.push(this.charts());
    this.root.replaceChildren(...parts, ...this.numbers.map(({ node }) => node));
    this.theta = data.track ? data.track.theta(data.track.count - 1) : data.identity;
    const left = data.track && whereLeft(data.token);
    this.set(false);
    if (left && this.transport.comeBack(left, data.track.steps)) leave(data.token, left);
    if (!data.track && data.transforms) this.go(data.theta, ARRIVE_SECONDS);
    this.show(this.theta);
    if (data.echo) this.report(); // what was reported is of another volume
  }

  button(textContent, onclick) {
    return element("button", { type: "button", textContent, onclick });
  }

  /** One volume, seen by the camera, and its projection and a slice. */
  pane(kind, name) {
    const canvas = element("canvas", { className: "solid", tabIndex: 0 });
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "volume");
    canvas.setAttribute("aria-label", `${kind}, ${name}: arrow keys turn or move it, [ and ] roll or push it`);
    const flats = ["projection", "cut"].map((title) => {
      const pixels = element("canvas", { className: "flat" });
      pixels.setAttribute("role", "img");
      const words = element("figcaption");
      return { title, pixels, words, node: element("figure", {}, pixels, words) };
    });
    const caption = element("figcaption", { innerHTML: this.data.captions[kind] });
    const node = element("figure", { className: "pane" }, canvas, caption);
    node.dataset.pane = kind;
    const scene = new Scene(canvas);
    this.grasp(canvas, kind);
    return { kind, node, canvas, scene, flats };
  }

  /** What the hand takes, and the camera's places. */
  hands() {
    const { data } = this;
    const what = { view: "the view" };
    if (!data.track) what.digit = "the digit";
    if (data.transforms && !data.track) what.grid = "the grid";
    const groups = [];
    if (Object.keys(what).length > 1) {
      const ways = this.group("and", { turn: "turns it", move: "moves it" }, this.how, (value) => (this.how = value));
      ways.setAttribute("aria-label", "The hand turns or moves it");
      const taken = (value) => {
        this.what = value;
        for (const button of ways.querySelectorAll("button")) button.disabled = value === "view"; // it turns
      };
      groups.push(this.group("The hand takes", what, this.what, taken), ways);
      taken(this.what);
    }
    const views = element("div", { className: "buttons" }, element("span", { textContent: "Seen from" }));
    for (const [name, degrees] of Object.entries(VIEWS)) {
      views.append(this.button(name.toLowerCase().replace("at an", "an"), () => this.look(solid.rotation(degrees))));
    }
    const nearer = (factor) => {
      this.zoom = Math.max(ZOOMS[0], Math.min(ZOOMS[1], this.zoom * factor));
      this.paint();
    };
    for (const [sign, name, factor] of [["+", "Nearer", 1.25], ["−", "Farther", 0.8]]) {
      const button = this.button(sign, () => nearer(factor));
      button.title = name;
      button.setAttribute("aria-label", name);
      views.append(button);
    }
    return element("div", { className: "choices" }, ...groups, views);
  }

  group(title, names, chosen, onChosen) {
    const group = element("div", { className: "buttons" }, element("span", { textContent: title }));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    for (const [value, name] of Object.entries(names)) {
      const button = this.button(name, () => {
        for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
        onChosen(value);
      });
      button.setAttribute("aria-pressed", String(value === chosen));
      group.append(button);
    }
    return group;
  }

  /** The flattening of V's depth, and the slice. */
  knobs() {
    const knob = (name, title, max, step, value, changed) => {
      const range = element("input", { type: "range", min: 0, max, step, value, title });
      range.setAttribute("aria-label", `${name}: ${title}`);
      range.oninput = () => {
        changed(Number(range.value));
        this.paint();
      };
      return element("label", { className: "knob" }, element("span", { textContent: name }), range);
    };
    return element(
      "div", { className: "choices" },
      (this.flattener = knob("Flatten V", "collapse its depth: the projection", 1, 0.01, this.flat, (value) => (this.flat = value))),
      (this.slices = knob("Slice", "a plane of constant depth in V", this.data.outputSide - 1, 1, 0, (value) => (this.k = value)))
    );
  }

  number() {
    const { data, root } = this;
    const roomy = root.clientWidth > NARROW_PIXELS;
    if (data.transforms) {
      const pose = new Sliders("θ as rotation, scale, shear and translation", solid.POSE, 3, false, (values, held) =>
        this.hold(solid.compose(values), held)
      );
      // Of the ways to write a θ, the one that the hand has set is kept.
      pose.from = () => (close(solid.compose(pose.values), this.theta) ? pose.values : solid.decompose(this.theta));
      pose.node.style.setProperty("--name", "4rem");
      const rows = data.names.map((name, p) => ({ name, range: [-2, 2], step: 0.01, p }));
      const entries = new Sliders("θ in numbers", rows, 4, false, (values, held) => this.hold(values, held));
      entries.from = () => this.theta;
      this.numbers.push(pose, entries);
    }
    const rows = [...solid.POSE.slice(0, 3), ...solid.POSE.slice(9)];
    const digit = new Sliders("The digit's pose: turn in degrees, shift", rows, roomy ? 3 : 1, false, (values, held) =>
      this.lay({ turn: solid.rotation(values.slice(0, 3)), shift: values.slice(3) }, held)
    );
    digit.from = () => {
      const { turn, shift } = this.pose;
      const kept = close(solid.rotation(digit.values.slice(0, 3)), turn);
      return [...(kept ? digit.values.slice(0, 3) : solid.degreesOf(turn)), ...shift];
    };
    digit.node.style.setProperty("--name", "4rem");
    this.numbers.push(digit);
  }

  bars() {
    this.cells = [...Array(10).keys()].map((label) => {
      const bar = element("i", { className: label === this.data.track.truth ? "true" : "" });
      const name = element("span", { textContent: label === this.data.track.truth ? `${label} ◂` : label });
      return { bar, share: element("small"), node: element("div", {}, element("div", { className: "bars" }, bar), name) };
    });
    this.odds = element("div", { className: "odds" }, ...this.cells.map(({ node }) => node));
    this.odds.setAttribute("role", "img");
    return element("div", {}, this.odds, element("p", { className: "words", textContent: "Probability of each class; ◂ the true one." }));
  }

  /** The mean of W over a few digits of a class. */
  means() {
    const { meanClasses, meanDigits } = this.data.track;
    this.averages = meanClasses.map((name) => {
      const pixels = element("canvas", { className: "mean" });
      pixels.setAttribute("role", "img");
      pixels.setAttribute("aria-label", `The mean of W over ${meanDigits} digits of class ${name}`);
      return { pixels, node: element("figure", {}, pixels, element("figcaption", { textContent: name })) };
    });
    const words = element("span", { textContent: `mean of W, V summed, over ${meanDigits} digits of a class (white: 1 and more)` });
    return element("div", { className: "means" }, words, ...this.averages.map(({ node }) => node));
  }

  charts() {
    const { transforms, track } = this.data;
    this.curves = [new Curves("Loss"), new Curves("Error, %"), new Curves("Gradient norm"), new Curves("Learning rate", true)];
    if (transforms) {
      this.curves.push(...["rotation, scale, shear", "translation"].map((part) => new Curves(`θ of this probe: ${part}`, true)));
    }
    if (track.poseLeft) this.curves.push(new Curves("What is left of the pose in W, %", true));
    this.trace();
    return element("div", { className: "charts" }, ...this.curves.map(({ node }) => node));
  }

  /** The curves, as far as the training is. */
  trace() {
    const { track, colours, transforms, names } = this.data;
    const { history, steps, measures, poseLeft } = track;
    const last = Math.max(1, steps.at(-1), history.step.at(-1) ?? 0); // more is logged than looked at
    const axis = logarithmic(LOGARITHMIC, last, "step");
    const line = (name, x, y, n = 0, dash = n) => ({ name, colour: colours.series[n], dash, x, y });
    const logged = (name, y, n) => line(name, history.step, y, n);
    const lines = [
      [logged("", history.loss)],
      [logged("while training", history.error), line("digits not trained on", steps, measures, 1)],
      [logged("classifier", history.classifier), logged("localisation", history.localisation, 1)],
      [logged("", history.rate)],
    ];
    if (transforms) {
      const every = steps.map((_, frame) => track.theta(frame));
      // A row of the matrix has a colour, and its columns are solid, dashed and dotted.
      const trails = names.map((name, p) => line(name, steps, every.map((theta) => theta[p]), Math.floor(p / 4), (p % 4) % 3));
      lines.push(trails.filter((_, p) => p % 4 < 3), trails.filter((_, p) => p % 4 === 3));
    }
    if (poseLeft) lines.push([line("", steps, poseLeft.map(([[left]]) => left))]);
    this.curves.forEach((chart, i) => chart.set(lines[i].filter(({ y }) => y), axis));
  }

  /** The training has gone on; the playhead stays, unless it stands on what was the last frame. */
  grow() {
    this.trace();
    this.set(true);
  }

  // -- what is played

  set(kept) {
    const { data } = this;
    const track = data.track ?? {
      count: 2,
      perSecond: 0.5,
      name: "From the identity to the prediction",
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
    this.follow.stop();
    const { track } = this.transport;
    this.byHand = !this.data.track && position < track.count - 1;
    this.show(track.theta(position));
  }

  // -- what a hand does

  grasp(canvas, kind) {
    let held = null;
    let pointer = null;
    canvas.onpointerdown = (event) => {
      if (event.button !== 0 || held) return; // a second finger changes nothing
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      held = [event.clientX, event.clientY];
    };
    canvas.onpointermove = (event) => {
      if (!held || event.pointerId !== pointer) return;
      const [dx, dy] = [event.clientX - held[0], event.clientY - held[1]];
      held = [event.clientX, event.clientY];
      this.pull(kind, event.shiftKey ? [0, 0, dx] : [dx, dy, 0]);
    };
    canvas.onpointerup = canvas.onpointercancel = (event) => {
      if (event.pointerId === pointer) held = null;
    };
    const keys = {
      ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0],
      "[": [0, 0, -1], "]": [0, 0, 1],
    }; // prettier-ignore
    canvas.onkeydown = (event) => {
      if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.pull(kind, keys[event.key].map((v) => KEY_PIXELS * v));
    };
  }

  /** A hand went so many pixels right, down, and around (or into) the screen. */
  pull(kind, [dx, dy, dz]) {
    const what = kind === "V" ? "view" : this.what;
    const turned = drag(dx, dy, dz);
    if (what === "view") return this.look(solid.multiply(turned, this.camera));
    const world = solid.transpose(this.camera);
    const turn = (m) => solid.multiply(solid.multiply(world, turned), solid.multiply(this.camera, m));
    const { scene } = this.u;
    const pixel = scene.side / scene.canvas.clientWidth / scene.scale;
    const by = solid.apply(world, [dx * pixel, dy * pixel, dz * pixel]);
    const shifted = (shift) => shift.map((value, i) => value + by[i]);
    const moves = this.how === "move";
    if (what === "digit") {
      const { turn: old, shift } = this.pose;
      return this.lay(moves ? { turn: old, shift: shifted(shift) } : { turn: turn(old), shift });
    }
    const [matrix, shift] = [solid.matrixOf(this.theta), solid.shiftOf(this.theta)];
    this.hold(moves ? solid.thetaOf(matrix, shifted(shift)) : solid.thetaOf(turn(matrix), shift));
  }

  look(camera) {
    this.camera = camera;
    this.paint();
  }

  /** A hand has moved θ. */
  hold(theta, held) {
    this.follow.stop();
    this.byHand = true;
    this.transport.leave();
    this.show(theta, held);
    this.report(true);
  }

  /** A hand has moved the digit: θ is the network's again, which Python is asked for. */
  lay({ turn, shift }, held) {
    this.byHand = false;
    this.pose = { turn, shift: shift.map((value) => Math.max(-1, Math.min(1, value))) };
    this.transport.leave();
    this.show(this.theta, held);
    this.report(true);
  }

  /** Back to the prediction, and to the digit as it was. */
  release() {
    this.follow.stop();
    this.byHand = false;
    this.pose = this.began;
    this.set(false);
    if (!this.data.track) this.show(this.data.theta);
    this.report();
  }

  // -- what is seen

  show(theta, held) {
    const { data } = this;
    this.theta = theta;
    if (this.laid?.pose !== this.pose || this.laid.digit !== data.digit) {
      const volume = solid.extrude(data.digit, this.pose, data.side);
      this.laid = { pose: this.pose, digit: data.digit, volume, surface: solid.surface(volume, data.side) };
    }
    this.output = solid.read(this.laid.volume, data.side, theta, data.outputSide);
    this.outside = solid.surface(this.output, data.outputSide);
    this.numbers.forEach((numbers) => numbers.show(numbers.from(), held));
    this.mark();
    this.paint();
    this.play();
  }

  /** What belongs to the frame of a training. */
  play() {
    const { track } = this.data;
    if (!track) return;
    const { position } = this.transport.head;
    if (this.cells) {
      const odds = track.odds(Math.round(position));
      this.cells.forEach(({ bar }, label) => (bar.style.height = `${Math.max(2, 100 * odds[label])}%`));
      const best = odds.indexOf(Math.max(...odds));
      this.odds.setAttribute("aria-label", `It says ${best}, ${(100 * odds[best]).toFixed(0)} %`);
    }
    this.averages.forEach(({ pixels }, c) => {
      const [height, width] = track.meanSize;
      const at = (Math.round(position) * this.averages.length + c) * height * width;
      paintPixels(pixels, { pixels: this.data.track.means.subarray(at), channels: 1, height, width });
    });
    const first = Math.min(Math.floor(position), track.count - 1);
    const second = Math.min(first + 1, track.count - 1);
    const step = track.steps[first] + (position - first) * (track.steps[second] - track.steps[first]);
    this.curves?.forEach((chart) => chart.draw(step));
  }

  /** What was logged of a training; nothing without one. */
  get curveRows() {
    return this.data.track?.history && (() => rowsOf(this.data.track.history));
  }

  /** θ and the digit's pose; over a training, what is recorded of the probe at every such step. */
  rows() {
    const { track, transforms } = this.data;
    const named = (theta) => Object.fromEntries(theta.map((v, p) => [`θ${1 + Math.floor(p / 4)}${1 + (p % 4)}`, v]));
    const pose = Object.fromEntries([...this.pose.turn, ...this.pose.shift].map((v, p) => [p < 9 ? `turn ${p + 1}` : `shift ${p - 8}`, v]));
    if (!track) return [{ ...(transforms ? named(this.theta) : {}), ...pose }];
    return track.steps.map((step, frame) => ({
      step,
      "error, %": track.measures[frame],
      ...(track.poseLeft ? { "pose left in W, %": track.poseLeft[frame][0][0] } : {}),
      ...(transforms ? named(track.theta(frame)) : {}),
      ...Object.fromEntries((track.probabilities ? track.odds(frame) : []).map((p, c) => [`p(${c})`, p])),
    }));
  }

  state() {
    const pose = this.moved ? [...this.pose.turn, ...this.pose.shift] : null;
    const position = this.data.track ? this.transport.head.position : null;
    return { theta: this.byHand ? this.theta : null, pose, position, view: [...this.camera, this.zoom, this.flat] };
  }

  restore({ theta, pose, position, view }) {
    const known = [...this.pose.turn, ...this.pose.shift];
    if ((pose && !isLike(pose, known)) || (theta && !isLike(theta, this.theta))) return false;
    if (view && !this.regard(view)) return false;
    if (pose) {
      this.pose = { turn: pose.slice(0, 9), shift: pose.slice(9) };
      this.show(this.theta);
      this.report();
    }
    if (theta && this.data.transforms && !this.data.track) this.hold(theta);
    if (this.data.track && position >= 0 && position <= this.transport.head.last) this.transport.head.seek(position);
    return true;
  }

  /** Whether this is a view: the camera's rotation, how near it is, how flat V is. */
  regard(view) {
    if (!isLike(view, [...this.camera, this.zoom, this.flat])) return false;
    const [camera, zoom, flat] = [view.slice(0, 9), view[9], view[10]];
    const square = solid.multiply(camera, solid.transpose(camera));
    if (square.some((v, i) => Math.abs(v - (i % 4 ? 0 : 1)) > 1e-3)) return false;
    if (!(zoom >= ZOOMS[0] && zoom <= ZOOMS[1] && flat >= 0 && flat <= 1)) return false;
    Object.assign(this, { zoom, flat });
    this.flattener.querySelector("input").value = flat;
    this.look(camera);
    return true;
  }

  mark() {
    this.back.disabled = !this.byHand && !this.moved;
  }

  paint() {
    if (!this.output) return;
    const { data, camera, theta } = this;
    const matrix = solid.matrixOf(theta);
    const shift = solid.shiftOf(theta);
    const into = (point) => solid.apply(matrix, point).map((value, i) => value + shift[i]);
    const back = solid.inverse(matrix);
    const reads = (x, y, z) => {
      if (!back || !data.transforms) return 1;
      const point = solid.apply(back, [x - shift[0], y - shift[1], z - shift[2]]);
      return point.every((value) => Math.abs(value) <= 1) ? 1 : DIM;
    };
    const k = this.k ?? this.fullest();
    const depth = (2 * k + 1) / data.outputSide - 1;
    const { scene: u } = this.u;
    u.begin(camera, GROUND, this.zoom);
    this.box(u, (point) => point, EDGES, 2, 1);
    u.voxels(this.laid.surface, 2 / data.side, reads);
    if (data.transforms) this.frame(u, into, depth);
    u.end([["x", [1.12, -1, -1]], ["y", [-1, 1.12, -1]], ["z", [-1, -1, 1.14]]], "#9aa7b3");
    const { scene: v } = this.v;
    const squeezed = ([x, y, z]) => [x, y, z * (1 - this.flat)];
    v.begin(camera, GROUND, this.zoom);
    const w = solid.project(this.output, data.outputSide);
    const most = Math.max(1e-6, ...w);
    const seen = this.flat > 0.5 ? 2 * this.flat - 1 : 0; // how far it is a picture
    v.voxels(this.outside, 2 / data.outputSide, () => 1 - seen, this.flat);
    if (seen) v.picture(w.map((value) => value / most), data.outputSide, seen);
    this.frame(v, squeezed, depth);
    v.end([], "#9aa7b3");
    this.flatten(this.u, solid.project(this.laid.volume, data.side), data.side, "U summed over z");
    this.flatten(this.v, w, data.outputSide, data.captions.W);
    this.tell();
    this.cut(k, depth);
  }

  /** The slice of V with the most ink. */
  fullest() {
    const { outputSide } = this.data;
    const ink = [...Array(outputSide).keys()].map((k) =>
      solid.slice(this.output, outputSide, k).reduce((sum, value) => sum + value, 0)
    );
    const k = ink.indexOf(Math.max(...ink));
    this.slices.querySelector("input").value = k;
    return k;
  }

  box(scene, into, colour, width, light) {
    for (const z of [-1, 1]) scene.path(CORNERS.map(([x, y]) => into([x, y, z])), colour, width, light);
    for (const [x, y] of CORNERS.slice(1)) scene.line(into([x, y, -1]), into([x, y, 1]), colour, width, light);
  }

  /** The grid's outline: its front strong, an arrow along the axis of projection, and the slice. */
  frame(scene, into, depth) {
    const { grid, corner } = this.data.colours;
    this.box(scene, into, grid, 3, 0.6);
    scene.path(CORNERS.map(([x, y]) => into([x, y, -1])), grid, 6);
    scene.path(CORNERS.map(([x, y]) => into([x, y, depth])), SLICE, 2, 0.9);
    const tip = into([0, 0, -1.04]);
    scene.line(into([0, 0, -1.6]), tip, grid, 5);
    for (const [x, y] of [[0.14, 0], [-0.14, 0], [0, 0.14], [0, -0.14]]) scene.line(into([x, y, -1.24]), tip, grid, 5);
    scene.dot(into([-1, -1, -1]), corner, 14);
  }

  flatten(pane, values, side, words) {
    const [flat] = pane.flats;
    const most = Math.max(1e-6, ...values);
    paintPixels(flat.pixels, { pixels: values.map((value) => (255 * value) / most), channels: 1, height: side, width: side });
    flat.pixels.setAttribute("aria-label", words);
    flat.words.textContent = words;
  }

  /** The slice: of V, a plane of its voxels; of U, the same plane read as finely as U is. */
  cut(k, depth) {
    const { data, theta } = this;
    const own = solid.slice(this.output, data.outputSide, k);
    const [, vCut] = this.v.flats;
    const show = (flat, values, side, words) => {
      const pixels = values.map((value) => 255 * value);
      paintPixels(flat.pixels, { pixels, channels: 1, height: side, width: side });
      flat.pixels.setAttribute("aria-label", words);
      flat.words.textContent = words;
    };
    show(vCut, own, data.outputSide, `V, slice ${k + 1} of ${data.outputSide}`);
    const [, uCut] = this.u.flats;
    show(uCut, solid.read(this.laid.volume, data.side, theta, data.side, [depth]), data.side, "U in the slice's plane");
  }

  /** How the digit stands in U and in V, in words. */
  tell() {
    const { theta, pose } = this;
    const back = solid.inverse(solid.matrixOf(theta));
    const facing = (m) => {
      const normal = solid.apply(m, [0, 0, 1]);
      const length = Math.hypot(...normal) || 1;
      return (Math.acos(Math.min(1, Math.abs(normal[2]) / length)) * 180) / Math.PI;
    };
    const angle = (m) => `${facing(m).toFixed(0)}°`;
    const ofU = `In U the digit is turned ${angle(pose.turn)} away from the axis of projection`;
    this.said.textContent =
      back && this.data.transforms ? `${ofU}, in V ${angle(solid.multiply(back, pose.turn))}.` : `${ofU}.`;
    const size = short(Math.abs(solid.determinant(solid.matrixOf(theta))));
    this.u.canvas.setAttribute(
      "aria-description", `${this.said.textContent} The grid's box has ${size} of the volume's size.`
    );
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
    if (!this.output) return;
    this.paint();
    this.play();
  }

  stop() {
    this.follow.stop();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
