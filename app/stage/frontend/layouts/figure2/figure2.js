/**
 * Fig. 2 of the paper, alive: U, the localisation network, θ, the grid generator, the sampler, V and
 * the classifier, each with what is in it now. The browser runs the network itself.
 */
import { affine } from "../../maths/affine.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { drawFrame, drawGrids, paintPixels } from "../../parts/drawing.js";
import { between, points } from "../../maths/grid.js";
import { Handles } from "../../parts/handles.js";
import { Inspector } from "../../parts/inspect.js";
import { kernel } from "../../maths/kernels.js";
import { activations, softmax } from "../../maths/layers.js";
import { Equation, short } from "../../parts/numbers.js";
import { Pair, element } from "../../parts/pair.js";
import { Change } from "../../parts/playhead.js";
import { decompose, layGrid } from "../../maths/pose.js";
import { Reporter } from "../../output/report.js";
import { pool, sample } from "../../maths/sampling.js";
import { Transport } from "../../parts/transport.js";

const ARRIVE_SECONDS = 0.8; // the grid goes from the identity to the network's θ
const TURN_DEGREES = 5; // from one frame of the turning digit to the next
const FRAMES_A_SECOND = 15;
const LAID = { kernel: kernel("bilinear"), padding: "zeros" };
const IDENTITY = [1, 0, 0, 0, 1, 0];
const OUTLINE = "#8c98a4"; // of U, behind the grid that is drawn alone
const SPACE = 1; // between the small maps, in their pixels
const SHOWN = [3, 5, 7]; // of the localisation network's layers: what has been rectified
const CLEAR_PIXELS = 5; // between a wire and its boxes
const WIRES = [
  ["u", "right", "localisation", "left"],
  ["localisation", "right", "theta", "left"],
  ["theta", "right", "generator", "left"],
  ["generator", "bottom", "sampler", "top"],
  ["u", "bottom", "sampler", "left"],
  ["sampler", "right", "v", "bottom"],
  ["v", "right", "classifier", "left"],
];
const LEVEL = 0.4; // of U's height, where most of the wires are
const TIP =
  '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="10" markerHeight="10" ' +
  'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor" ' +
  'stroke="none"/></marker></defs>';
const SVG = "http://www.w3.org/2000/svg";

const percent = (share) => `${(100 * share).toFixed(share > 0.995 && share < 0.9995 ? 1 : 0)} %`;

/** A pose turned by an angle about the middle of what it lays. */
function turned([a, b, x, c, d, y], degrees) {
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180));
  return [cos * a - sin * c, cos * b - sin * d, x, sin * a + cos * c, sin * b + cos * d, y];
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
    const { size, pool: side } = this.data.network;
    this.form = affine([size, size]);
    this.pair = new Pair({
      transform: this.form,
      channels: 1,
      transformers: [{ name: "", colour: this.data.colours.grid }],
      outputSize: [size, size],
      reading: { ...LAID, pool: 1 },
      features: {},
      colours: this.data.colours,
      captions: {
        U: `${size} × ${size} pixels`,
        V: `${size} × ${size} pixels: U, read at T<sub>θ</sub>(G)`,
      },
    });
    this.inspector = new Inspector(this.pair);
    this.boxes = {
      u: this.box("Input U", "distorted", this.pair.us[0].node),
      localisation: this.box("Localisation network", "distorted", ...this.maps()),
      theta: this.box("θ", "transformer", ...this.numbers()),
      generator: this.box("Grid generator", "transformer", ...this.lattice()),
      sampler: this.box("Sampler", "transformer", this.inspector.note),
      v: this.box("Output V", "labels", this.pair.vs[0][0].node),
      classifier: this.box("Classifier", "distorted", ...this.bars(size / side)),
    };
    this.wires = document.createElementNS(SVG, "svg");
    this.wires.setAttribute("class", "wires");
    this.wires.setAttribute("aria-hidden", "true");
    const module = element("div", { className: "module" }, element("span", { textContent: "spatial transformer" }));
    this.diagram = element("div", { className: "figure2" }, module, this.wires);
    for (const [name, node] of Object.entries(this.boxes)) {
      node.dataset.box = name;
      this.diagram.append(node);
    }
    this.transport = new Transport((position) => this.turn(position), () => this.report());
    this.transport.more.append(
      this.button("Start again", () => this.release()),
      (this.back = this.button("Back to the network's θ", () => this.free())),
      this.button("θ = identity", () => this.hold(IDENTITY)),
      exporter(this)
    );
    this.root.replaceChildren(this.diagram, this.digits(), this.transport.node);
    this.take(this.data.first);
  }

  button(textContent, onclick) {
    return element("button", { type: "button", textContent, onclick });
  }

  /** A box of the figure: its name, which opens a page, and what is in it. */
  box(name, page, ...parts) {
    const link = element("a", { textContent: name, href: page, target: "_self" });
    const box = element("div", { className: "box" }, element("h3", {}, link), ...parts);
    box.link = link;
    return box;
  }

  /** The localisation network's maps, as small pictures. */
  maps() {
    const { localisation } = this.data.network;
    const words = localisation.filter(({ outputs }) => outputs).slice(0, -1).map(({ kind, outputs, kernel: k }) =>
      kind === "linear" ? `${outputs} units` : `${outputs} filters, ${k} × ${k}`
    );
    this.pictures = SHOWN.map((layer, i) => {
      const pixels = element("canvas", { className: "maps" });
      pixels.setAttribute("role", "img");
      pixels.setAttribute("aria-label", `Activations of ${words[i]}`);
      return { layer, pixels, node: element("figure", {}, pixels, element("figcaption", { textContent: words[i] })) };
    });
    return [...this.pictures.map(({ node }) => node), this.equation("θ = f<sub>loc</sub>(U)", "Sect. 3.1")];
  }

  /** θ as numbers, and as a pose. */
  numbers() {
    this.matrix = new Equation(this.form);
    this.pose = element("p", { className: "words" });
    this.whose = element("p", { className: "whose" });
    this.cells = [...Array(6)].map(() => element("td"));
    const table = element("table", { className: "matrix" },
      element("tr", {}, ...this.cells.slice(0, 3)), element("tr", {}, ...this.cells.slice(3)));
    table.setAttribute("role", "img");
    this.table = table;
    return [this.whose, table, this.pose];
  }

  /** The grid alone, on where U is. */
  lattice() {
    const pixels = element("canvas", { className: "overlay" });
    const square = element("div", { className: "square" }, pixels);
    square.setAttribute("role", "img");
    square.setAttribute("aria-label", "The grid T_θ(G), on the outline of U");
    this.alone = pixels;
    const box = element("div", { className: "live" }, this.matrix.node);
    return [square, this.equation("T<sub>θ</sub>(G)", "Eq. 1", box)];
  }

  /** An equation with the numbers of now, on demand. */
  equation(name, source, ...parts) {
    const words = element("p", { className: "words" });
    const summary = element("summary", { innerHTML: `${name}, ${source}` });
    const node = element("details", { className: "equations" }, summary, ...parts, words);
    node.words = words;
    return node;
  }

  bars(side) {
    this.said = element("p", { className: "said" });
    this.said.setAttribute("aria-live", "polite");
    this.shares = [...Array(10).keys()].map((name) => {
      const bar = element("i");
      const share = element("span");
      const row = element("div", { className: "row" }, element("b", { textContent: name }), bar, share);
      return { row, bar, share };
    });
    const rows = element("div", { className: "rows" }, ...this.shares.map(({ row }) => row));
    this.softmax = this.equation("softmax", `of V pooled to ${side} × ${side}`);
    return [this.said, rows, this.softmax];
  }

  /** The digits to choose from, and what the hand moves. */
  digits() {
    this.choosers = this.data.digits.map((digit, n) => {
      const pixels = element("canvas");
      paintPixels(pixels, this.laid(digit, digit.pose));
      const button = element("button", { type: "button", className: "digit", onclick: () => this.take(n) }, pixels);
      button.setAttribute("aria-label", `Take this ${digit.label}`);
      return button;
    });
    const group = element("div", { className: "buttons" }, ...this.choosers);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Digits");
    this.hands = ["the digit", "the grid"].map((name) => this.button(name, () => this.grasp(name)));
    const hands = element("div", { className: "buttons" }, element("span", { textContent: "The hand moves" }), ...this.hands);
    hands.setAttribute("role", "group");
    hands.setAttribute("aria-label", "The hand moves");
    return element("div", { className: "choices" }, group, hands);
  }

  laid(digit, pose) {
    const { size } = this.data.network;
    const pixels = sample(digit.source, layGrid(pose, [size, size]), LAID);
    return { pixels, channels: 1, height: size, width: size };
  }

  // -- what a hand does

  take(n) {
    this.digit = n;
    this.begun = this.data.digits[n].pose;
    this.choosers.forEach((button, i) => button.setAttribute("aria-pressed", String(i === n)));
    this.byHand = false;
    this.laidPose = this.begun;
    this.theta = IDENTITY;
    this.grasp("the digit");
    this.play();
    this.lay(this.begun, ARRIVE_SECONDS);
    this.report();
  }

  /** The digit turned: the playhead's track, about where it is now. */
  play() {
    const half = 180 / TURN_DEGREES;
    this.transport.set(
      {
        count: 2 * half + 1,
        perSecond: FRAMES_A_SECOND,
        name: "The digit turned, from 180 degrees to the left to 180 to the right",
        ends: ["−180°", "180°"],
        label: (frame) => `turned by ${TURN_DEGREES * (frame - half)}°`.replace("-", "−"),
      },
      false
    );
    this.transport.head.position = half;
    this.transport.mark(half);
  }

  turn(position) {
    this.byHand = false;
    this.lay(turned(this.begun, TURN_DEGREES * position - 180));
  }

  grasp(name) {
    this.grasped = name;
    this.hands.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === name)));
    this.handles?.remove();
    const { node, square } = this.pair.us[0];
    const { size } = this.data.network;
    node.lastChild.textContent = `${size} × ${size} pixels. Drag ${name}; its corners turn and scale it`;
    const form = name === "the grid" ? this.form : affine([1, 1], "the digit", true);
    this.handles = new Handles(square, form, (theta) => {
      if (name === "the grid") return this.hold(theta);
      this.byHand = false;
      this.transport.leave();
      this.begun = theta;
      this.lay(theta);
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

  /** Lay the digit into U; the network says its θ. */
  lay(pose, seconds = 0) {
    this.laidPose = pose;
    this.source = this.laid(this.data.digits[this.digit], pose);
    const maps = this.input(this.source);
    this.seen = activations(this.data.network.localisation, maps);
    this.predicted = Array.from(this.seen[this.seen.length - 1].values);
    this.pictures.forEach(({ pixels, layer }) => this.paint(pixels, this.seen[layer], layer));
    this.arrive(seconds);
  }

  arrive(seconds) {
    this.follow.stop();
    if (!seconds) return this.show(this.predicted);
    this.from = this.theta;
    this.to = this.predicted;
    this.follow.play(seconds);
  }

  /** What a network is given: 0 to 1. */
  input({ pixels, channels, height, width }) {
    return { channels, height, width, values: Float32Array.from(pixels, (value) => value / 255) };
  }

  // -- what is seen

  show(theta) {
    this.theta = theta;
    const { digits, network, colours } = this.data;
    const { label } = digits[this.digit];
    this.pair.show(this.source, `U: a distorted ${label}, with the sampling grid on it`, [theta]);
    const { height, width } = this.pair.shape;
    const averaged = pool(this.pair.outputs[0].pixels, 1, [height, width], network.pool);
    const layers = activations(network.classifier, this.input(averaged));
    this.logits = Array.from(layers[layers.length - 1].values);
    drawGrids(this.alone, [{ grid: points(this.form, theta, this.form.latticeTarget), colour: colours.grid }], this.form.lattice, colours.corner);
    drawFrame(this.alone.under ??= this.outline(), OUTLINE);
    this.tell(theta, label);
    this.inspector.refresh();
    this.mark();
    this.root.dataset.theta = theta.join(",");
    this.root.dataset.logits = this.logits.join(",");
  }

  outline() {
    const canvas = element("canvas", { className: "overlay" });
    this.alone.before(canvas);
    return canvas;
  }

  /** The numbers of all boxes. */
  tell(theta, label) {
    this.matrix.show(theta);
    theta.forEach((value, p) => (this.cells[p].textContent = short(value).replace("-", "−")));
    this.table.setAttribute("aria-label", `A_θ, row by row: ${theta.map(short).join(", ")}`);
    const [degrees, sx, sy, shear, x, y] = decompose(theta, IDENTITY).map((v) => short(v).replace("-", "−"));
    this.pose.textContent = `turned ${degrees.replace(/\.\d+/, "")}°, scaled ${sx} × ${sy}, shear ${shear}, shifted (${x}, ${y})`;
    this.whose.textContent = this.byHand ? "set by hand" : "6 numbers from the network";
    this.boxes.theta.link.href = this.boxes.generator.link.href = this.boxes.sampler.link.href =
      `transformer?family=Affine&image=Digit&lab_digit=${label}04&theta=${theta.map((v) => +v.toFixed(3)).join(",")}`;
    const odds = softmax(this.logits);
    const said = odds.indexOf(Math.max(...odds));
    this.said.innerHTML = `It is a <b>${said}</b>, ${percent(odds[said])} ${said === label ? "✓" : `✗, it is a ${label}`}`;
    this.shares.forEach(({ row, bar, share }, c) => {
      bar.style.width = `${Math.max(0.5, 62 * odds[c])}%`;
      share.textContent = odds[c] < 0.005 ? "" : percent(odds[c]);
      row.className = c === said ? "row said" : "row";
    });
    const sum = this.logits.reduce((total, z) => total + Math.exp(z), 0);
    this.softmax.words.textContent =
      `p(${said}) = e^${short(this.logits[said])} / Σ e^z = ${Math.exp(this.logits[said]).toPrecision(3)} / ${sum.toPrecision(3)} = ${odds[said].toFixed(3)}`;
    this.boxes.localisation.lastChild.words.textContent =
      `${this.data.network.size} × ${this.data.network.size} pixels → 6 numbers, told by nothing but the class`;
    this.diagram.classList.toggle("held", this.byHand);
  }

  /** Maps side by side, each layer as bright as its brightest. */
  paint(canvas, { channels, height, width, values }, layer) {
    this.brightest ??= {};
    const most = (this.brightest[layer] = Math.max(this.brightest[layer] ?? 1e-6, ...values));
    const across = Math.ceil(channels / (height === 1 ? 2 : 3));
    const down = Math.ceil(channels / across);
    const [h, w] = [height + SPACE, width + SPACE];
    const whole = { channels: 1, height: down * h - SPACE, width: across * w - SPACE };
    const pixels = new Float32Array(whole.height * whole.width);
    for (let c = 0; c < channels; c++) {
      const [top, left] = [Math.floor(c / across) * h, (c % across) * w];
      for (let i = 0; i < height * width; i++) {
        const [y, x] = [top + Math.floor(i / width), left + (i % width)];
        pixels[y * whole.width + x] = 40 + (215 * values[c * height * width + i]) / most;
      }
    }
    paintPixels(canvas, { ...whole, pixels });
  }

  mark() {
    this.handles.show(this.grasped === "the grid" ? this.theta : this.laidPose);
    this.back.disabled = !this.byHand;
  }

  /** The wires between the boxes, from where they stand. */
  wire() {
    const frame = this.diagram.getBoundingClientRect();
    this.wires.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    const at = (name, side) => {
      const box = this.boxes[name].getBoundingClientRect();
      const [left, top] = [box.left - frame.left, box.top - frame.top];
      if (side === "bottom") return [left + box.width / 2, top + box.height];
      if (side === "top") return [left + box.width / 2, top];
      return [side === "right" ? left + box.width : left, top + box.height / 2];
    };
    const square = this.pair.us[0].square.getBoundingClientRect();
    const level = square.top + LEVEL * square.height - frame.top;
    const paths = WIRES.map(([from, out, to, into]) => {
      const [start, end] = [at(from, out), at(to, into)];
      if (out === "bottom" && into === "top") end[0] = start[0]; // the box below is wider
      if (out === "right" && into === "left") start[1] = end[1] = level;
      start[out === "bottom" ? 1 : 0] += CLEAR_PIXELS;
      end[into === "left" ? 0 : 1] += into === "bottom" ? CLEAR_PIXELS : -CLEAR_PIXELS;
      const bent = into === "bottom" ? `H${end[0]}` : to === "sampler" && into === "left" ? `V${end[1]}` : "";
      return `<path d="M${start}${bent}L${end}" data-wire="${from}-${to}" marker-end="url(#tip)"/>`;
    });
    this.wires.innerHTML = TIP + paths.join("");
  }

  report() {
    const odds = softmax(this.logits ?? [0]);
    this.reporter.tell({
      token: this.data.token,
      label: this.data.digits[this.digit].label,
      pose: this.laidPose,
      theta: this.theta,
      byHand: this.byHand,
      said: odds.indexOf(Math.max(...odds)),
    }, false);
  }

  rows() {
    const named = (name, values) => Object.fromEntries(values.map((v, p) => [`${name}${1 + Math.floor(p / 3)}${1 + (p % 3)}`, v]));
    const odds = Object.fromEntries(softmax(this.logits).map((p, c) => [`p(${c})`, p]));
    return [{ label: this.data.digits[this.digit].label, ...named("θ", this.theta), ...named("pose ", this.laidPose), ...odds }];
  }

  state() {
    return { digit: this.digit, pose: this.laidPose, theta: this.byHand ? this.theta : null };
  }

  restore({ digit, pose, theta }) {
    if (!(digit in this.data.digits) || !isLike(pose, IDENTITY) || (theta && !isLike(theta, IDENTITY))) return false;
    this.take(digit);
    this.begun = pose;
    this.lay(pose);
    if (theta) this.hold(theta);
    return true;
  }

  redraw() {
    if (!this.logits) return;
    this.wire();
    this.show(this.theta);
  }

  stop() {
    this.follow.stop();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
