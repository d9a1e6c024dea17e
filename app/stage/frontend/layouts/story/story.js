/**
 * What a spatial transformer is, told on one figure that stays in sight: by scrolling, by the keys of
 * a lecture, or by buttons. Each step has its address (`?step=4`).
 */
import { element, group, press } from "../../dom.js";
import { exporter } from "../../output/export.js";
import { Demo } from "../../parts/demo.js";
import { reducedMotion } from "../../parts/playhead.js";
import { Descent } from "./descent.js";
import { Figure } from "./figure.js";
import { Limits } from "./limits.js";
import { Panel } from "./panel.js";
import { Scroll } from "./scroll.js";
import { STEPS } from "./steps.js";
import { Training } from "./training.js";

const FIELD = "step"; // of the address
const DEEPER = "deeper"; // the anchor of the cards
const ANSWER_SECONDS = 3;
const WAYS = [{ value: false, name: "forward" }, { value: true, name: "backward" }];

export class Story {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.figure = new Figure(element("div", { className: "figure" }), python);
    this.figure.onShow = () => this.seen();
    this.figure.onTake = () => this.taken();
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.figure.update(data);
    if (before?.token !== data.token) this.build();
    else this.colour(data.colours.series);
  }

  build() {
    this.end();
    const { data, figure } = this;
    this.panel = new Panel(data.steps, (step) => (step < STEPS.length ? this.go(step) : goDeeper()), (onEnd) => this.answer(onEnd), data.links);
    this.descent = new Descent(figure);
    figure.root.onkeydown = ({ key }) => {
      if (key === "Escape") this.zoomOut();
    }; // a handler that returned false would take every key from the page
    this.limits = new Limits(data.colours.series);
    this.training = new Training(data);
    this.training.transport.more.append(exporter(this));
    this.demo = new Demo(figure.root, this.training.node);
    this.way = group("Show:", WAYS, false, (on) => figure.setBackward(on));
    this.way.classList.add("way");
    figure.onWay = (on) => press(this.way.querySelectorAll("button"), (_, i) => WAYS[i].value === on);
    figure.choices.node.append(this.descent.node, this.way);
    this.sticky = element("div", { className: "sticky" }, this.panel.node, figure.root);
    this.track = element("div", { className: "track" });
    this.node = element("div", { className: "story" }, this.sticky, this.track);
    this.node.style.setProperty("--up", data.colours.up);
    this.node.style.setProperty("--down", data.colours.down);
    this.root.replaceChildren(this.node);
    this.scroll = new Scroll(this.node, this.sticky, this.track, STEPS.length, (step) => this.show(step));
    const asked = stepOfAddress();
    const isTold = getComputedStyle(this.panel.node).display !== "none";
    if (asked !== null) this.arrive(asked);
    else this.show(isTold ? 0 : STEPS.length - 1);
  }

  /** The charts in another theme's colours; the playhead stays. */
  colour(shades) {
    this.training.colour(shades);
    this.limits.colour(shades);
    this.redraw();
  }

  /** A step that the address, or a link, asks for: without a way to it. */
  arrive(step) {
    this.show(step);
    requestAnimationFrame(() => this.scroll.to(step, true));
  }

  /** A step that the visitor asks for. */
  go(step) {
    if (step < 0 || step >= STEPS.length || step === this.step) return false;
    this.show(step);
    this.scroll.to(step);
    return true;
  }

  /** The next step of the story, or the one before; false at its ends. */
  turnPage(direction) {
    return this.go(this.step + direction);
  }

  show(step) {
    const { figure } = this;
    if (this.step !== undefined) {
      this.demo.stop();
      STEPS[this.step].leave?.(this);
      this.zoomOut();
      keepStep(step);
    }
    this.step = undefined; // until the figure is as this step has it
    const { scene, mode, enter } = STEPS[step];
    this.node.dataset.step = step + 1;
    figure.diagram.dataset.scene = scene;
    const below = step === STEPS.length - 1 ? [this.limits.node] : [];
    this.lay(this.panel.node, scene === "training" ? this.training.node : figure.root, ...below);
    this.panel.show(step);
    figure.use(mode);
    figure.redraw();
    this.step = step;
    enter?.(this);
    this.seen();
  }

  /** What the step shows, in this order; what is there already stays, and so does the focus in it. */
  lay(...nodes) {
    for (const node of [...this.sticky.children]) if (!nodes.includes(node)) node.remove();
    this.sticky.append(...nodes.filter((node) => node.parentNode !== this.sticky));
  }

  /** Play what the step's question asks for; onEnd: with the right answer, read off the figure. */
  answer(onEnd) {
    const { begin, show, right } = STEPS[this.step].ask;
    const { figure, demo } = this;
    const from = begin(this);
    const before = figure.networkTheta;
    let isOver = false;
    demo.play(
      ANSWER_SECONDS,
      (share) => {
        figure.place(show(from, share, this));
        isOver = share === 1;
      },
      () => onEnd(isOver ? right(this, before) : null)
    );
  }

  /** Close what has been opened in the figure. */
  zoomOut() {
    for (const opened of this.figure.root.querySelectorAll("details[name=zoom][open]")) opened.open = false;
  }

  /** Another digit is shown, or all of it as it was at first. */
  taken() {
    if (this.step === undefined) return;
    this.demo.stop();
    this.descent.stop();
    this.isNew = true; // once it has been drawn
  }

  /** The figure has been drawn again. */
  seen() {
    if (this.step === undefined) return;
    const { note, take } = STEPS[this.step];
    if (this.isNew) {
      this.isNew = false;
      take?.(this);
    }
    this.panel.say(note?.(this) ?? "");
    if (STEPS[this.step].scene === "whole") this.limits.mark();
    Object.assign(this.root.dataset, this.figure.root.dataset);
  }

  // -- what a layout has

  get isTraining() {
    return STEPS[this.step]?.scene === "training";
  }

  get transport() {
    return (this.isTraining ? this.training : this.figure).transport;
  }

  get rowsAre() {
    return this.figure.rowsAre;
  }

  rows() {
    return this.figure.rows();
  }

  state() {
    const training = this.isTraining ? { training: this.transport.head.position } : {};
    return { step: this.step + 1, ...training, ...this.figure.state() };
  }

  /** A link from before there was a story has no step: it is of the whole figure. */
  restore({ step = STEPS.length, training, ...state }) {
    if (!Number.isInteger(step) || !STEPS[step - 1]) return false;
    if (stepOfAddress() === null) this.arrive(step - 1);
    const { head, track } = this.training.transport;
    if (this.isTraining && training >= 0 && training <= track.count - 1) {
      this.demo.stop();
      head.seek(training);
    }
    return this.figure.restore(state);
  }

  release() {
    this.figure.release();
  }

  refit = () => this.figure.refit();

  redraw() {
    this.scroll?.measure();
    this.figure.redraw();
    if (this.isTraining) this.training.redraw();
    else this.limits?.mark();
  }

  stop() {
    this.end();
    this.figure.stop();
  }

  end() {
    this.demo?.stop();
    this.descent?.stop();
    this.limits?.stop();
    this.training?.stop();
    this.scroll?.stop();
  }
}

/** The step that the address asks for, from 0 on; null without one, or with one that there is not. */
function stepOfAddress() {
  const asked = Number(new URL(window.location.href).searchParams.get(FIELD));
  return STEPS[asked - 1] ? asked - 1 : null;
}

/** To what comes below the story. */
function goDeeper() {
  document.getElementById(DEEPER)?.scrollIntoView({ behavior: reducedMotion() ? "instant" : "smooth" });
}

function keepStep(step) {
  const url = new URL(window.location.href);
  url.searchParams.set(FIELD, step + 1);
  try {
    history.replaceState(history.state, "", url.href);
  } catch {
    // a page that was opened from a disk has no address that may change
  }
}
