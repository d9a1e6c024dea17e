/**
 * Train in your browser: a worker of this tab trains two networks, and this draws what it tells. The
 * server sends the digits, and takes no part in it.
 */
import { button, element } from "../../dom.js";
import { digits } from "../../learning/digits.js";
import { PROBES } from "../../learning/measurement.js";
import { BOOST, DEFAULTS } from "../../learning/trainer.js";
import { FAMILIES } from "../../learning/transformer.js";
import { download } from "../../output/download.js";
import { exporter } from "../../output/export.js";
import { Reporter } from "../../output/report.js";
import { even } from "../../parts/axes.js";
import { Curves } from "../../parts/curves.js";
import { reducedMotion } from "../../parts/playhead.js";
import { Controls } from "./controls.js";
import { Probes } from "./probes.js";
import { Record } from "./record.js";
import { Recording, experimentOf } from "./recording.js";

const CHART_MILLISECONDS = 300; // from one drawing of the curves to the next
const STILL_MILLISECONDS = 500; // from one picture to the next, with reduced motion
const RATE_MILLISECONDS = 1000; // over which steps a second are counted

const nameOf = (experiment) => experiment.replaceAll("/", "-"); // of a file

export class Learn {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, probe: 0, number: 0 });
    this.reporter = new Reporter(python.tell);
    this.visibility = () => this.comeOrGo();
  }

  update(data) {
    const before = this.data;
    this.data = data;
    if (!before) this.build();
    else if (before.token !== data.token) this.reset();
    else this.arrange();
  }

  async build() {
    const { data } = this;
    this.settings = { ...DEFAULTS, ...data.settings };
    this.controls = new Controls({ run: (steps) => this.run(steps), pause: () => this.pause(), reset: () => this.reset(), set: (change) => this.set(change) }, data.ranges);
    this.probes = new Probes(data, PROBES, (probe) => this.choose(probe));
    this.charts = { loss: new Curves("Loss"), error: new Curves("Error, %", false), theta: new Curves("θ of the selected digit", true) };
    const { loss, error, theta } = this.charts;
    const more = element("div", { className: "buttons more" });
    // What the keys press: space, the arrows and R.
    this.transport = { track: {}, play: this.controls.play, more, node: element("div", { className: "transport still" }, more), head: { step: (by) => by > 0 && this.run(1), pause: () => this.pause() }, marks() {} };
    more.append(...this.files(), exporter(this));
    const charts = element("div", { className: "charts" }, loss.node, error.node);
    this.root.replaceChildren(
      element("div", { className: "learn" }, this.controls.top, element("div", { className: "pictures" }, this.probes.strip, charts), this.controls.node, element("div", { className: "seen" }, this.probes.averages, theta.node)),
      this.transport.node
    );
    this.controls.show({ ...this.settings }, false);
    this.choose(this.probe);
    document.addEventListener("visibilitychange", this.visibility);
    this.worker = new Worker(new URL("../../learning/worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => this.fail(event);
    this.controls.where.textContent = "Loading the digits …";
    this.controls.play.disabled = true;
    const given = await digits;
    this.bytesBeside = given.bytes; // of a page that is taken away
    this.tell("digits", given);
    this.isReady = true;
    this.controls.play.disabled = false;
    this.reset();
  }

  /** Buttons for the files of each network. */
  files() {
    const { names, experiments } = this.data;
    const weights = (name, which) =>
      button(`Weights of the ${name}`, () => this.tell("weights", { which, experiment: experimentOf(experiments[which], this.settings.family) }), { title: "A safetensors file. Open a checkpoint on the page Distorted MNIST reads it, under R" });
    const recording = (name, which) =>
      button(`Recording of the ${name}`, () => this.giveRecording(which), { title: "A safetensors file. Replay on the page Distorted MNIST plays it, under R" });
    return [...names.map(weights), ...names.map(recording)];
  }

  giveRecording(which) {
    if (!this.recording.snapshots.length) return;
    const { experiments, side } = this.data;
    const experiment = experimentOf(experiments[which], this.recording.family);
    const probes = this.probes.sources.map(({ pixels }) => pixels);
    const file = this.recording.file(which, experiment, probes, this.losses, side);
    download(new Blob([file]), `${nameOf(experiment)}-recording.safetensors`);
  }

  tell(kind, more = {}) {
    if (this.isReady || kind === "digits") this.worker?.postMessage({ kind, ...more });
  }

  fail(event) {
    this.controls.where.textContent = `The training has stopped: ${event.message || "this browser starts no module worker"}. Reload the page, or use a newer browser.`;
  }

  // -- by hand

  run(steps = Infinity) {
    this.asked = steps === Infinity;
    this.tell("run", { steps });
  }

  pause() {
    this.asked = false;
    this.tell("pause");
  }

  /** Step 0 of the seed, with the settings as they are. */
  reset() {
    this.asked = false;
    this.number += 1; // of the run: what is still told of the last one is not heard
    this.losses = new Record(4); // of both networks, the learning rate, and the seconds
    this.recording = new Recording(this.data.seed);
    this.errors = new Record(2);
    this.trails = PROBES.map(() => new Record(6));
    this.told = null;
    this.ticks = [];
    this.tell("reset", { seed: this.data.seed, settings: this.settings, number: this.number });
  }

  release() {
    this.reset();
  }

  set(change) {
    Object.assign(this.settings, change);
    this.controls.show({ ...this.settings }, this.controls.running, this.recording.changedAt);
    if ("random" in change) this.reset();
    else this.tell("set", { settings: change });
    this.reporter.tell({ settings: this.changes }, false);
  }

  /** The settings that are not as they are by default: what the address has. */
  get changes() {
    return Object.fromEntries(Object.entries(this.settings).filter(([name, value]) => value !== DEFAULTS[name]));
  }

  choose(probe) {
    this.probe = probe;
    this.probes.choose(probe);
    if (this.told) this.arrange();
  }

  /** In a hidden tab it pauses, unless it is to go on. */
  comeOrGo() {
    if (document.hidden && this.asked && !this.controls.hidden.checked) {
      this.tell("pause");
      this.left = true;
    } else if (!document.hidden && this.left) {
      this.left = false;
      this.run();
    }
  }

  // -- what the worker tells

  hear(told) {
    if (told.kind === "weights") {
      return download(new Blob([told.file]), `${nameOf(told.experiment)}.safetensors`);
    }
    if (told.number !== this.number) return;
    const { steps, losses, theta, measured, means, probes } = told;
    this.told = told;
    this.recording.follow(told);
    if (probes) this.probes.set(probes, told.settings);
    const { rate, boost } = told.settings;
    if (losses) this.losses.push(steps, [...losses, boost ? BOOST * rate : rate, told.seconds]);
    if (told.recorded) this.recording.take(told, this.data.side ** 2);
    if (measured) {
      this.measured = measured;
      this.errors.push(steps, measured.errors);
    }
    if (means) this.probes.showMeans(means);
    this.trails.forEach((trail, n) => trail.push(steps, theta.subarray(6 * n, 6 * n + 6)));
    this.frame ??= this.next();
  }

  /** The next picture: with the next frame, or less often where nothing is to move. */
  next() {
    return reducedMotion() ? setTimeout(() => this.draw(), STILL_MILLISECONDS) : requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const { told: state } = this;
    if (!state || !this.root.isConnected) return;
    this.probes.show(state.theta, state.logits);
    this.controls.show({ ...this.settings }, state.running, this.recording.changedAt);
    this.say();
    const now = performance.now();
    if (state.running && now - (this.drawn ?? 0) < CHART_MILLISECONDS) return;
    this.drawn = now;
    this.arrange();
  }

  /** Step, speed, errors. */
  say() {
    const { told: state, measured, data } = this;
    const now = performance.now();
    this.ticks = [...this.ticks.filter(([at]) => now - at < RATE_MILLISECONDS), [now, state.steps]];
    const [[first, from]] = this.ticks;
    const rate = state.running && now > first ? `, ${Math.round((1000 * (state.steps - from)) / (now - first))} steps a second` : "";
    const errors = measured.errors.map((error, n) => `${data.names[n]} ${error.toFixed(1)} %`).join(", ");
    const follows = measured.follows === null ? "" : `. Predicted and true angle: correlation ${measured.follows.toFixed(2).replace("-", "−")}`;
    this.controls.where.textContent = `Step ${state.steps.toLocaleString("en")}${rate}. Error: ${errors}${follows}`;
    Object.assign(this.root.dataset, { steps: state.steps, errors: measured.errors.join(","), follows: measured.follows ?? "", running: state.running, theta: state.theta.subarray(6 * this.probe, 6 * this.probe + 6).join(",") });
  }

  /** The curves. */
  arrange() {
    const { told: state, data, charts } = this;
    if (!state) return;
    const axis = even(Math.max(10, state.steps), "step");
    const lines = ({ x, y }, noisy) => data.names.map((name, n) => ({ name, colour: data.colours.networks[n], dash: 0, x, y: y[n], noisy }));
    charts.loss.set(lines(this.losses, true), axis);
    charts.error.set(lines(this.errors, false), axis);
    const { x, y } = this.trails[this.probe];
    const { names, entries } = FAMILIES[state.settings.family];
    charts.theta.set(names.map((name, p) => ({ name, colour: data.colours.series[p], dash: 0, x, y: y[entries[p][0]] })), axis);
    for (const chart of Object.values(charts)) chart.draw(state.steps);
  }

  // -- what a layout has

  get rowsAre() {
    return "Loss and error of both networks, by step";
  }

  rows() {
    return this.curveRows();
  }

  curveRows() {
    const of = ({ x, y }, what) => x.map((step, i) => ({ step, ...Object.fromEntries(this.data.names.map((name, n) => [`${what}, ${name}`, y[n][i]])) }));
    return [...of(this.losses, "loss"), ...of(this.errors, "error, %")];
  }

  /** The settings are in the address, and the training is nowhere else. */
  state() {
    return { probe: this.probe };
  }

  restore({ probe }) {
    if (!(probe in PROBES)) return false;
    this.choose(probe);
    return true;
  }

  redraw() {
    if (!this.told) return;
    this.probes.redraw();
    this.arrange();
  }

  stop() {
    this.reporter.stop();
    document.removeEventListener("visibilitychange", this.visibility);
    this.worker?.terminate();
    this.worker = null;
    this.told = null;
  }
}
