/** Gradient steps on θ that lower the loss of the label: one, or all the way down. */
import { button, element } from "../../dom.js";
import { IDENTITY } from "../../maths/affine.js";
import { descend, walk } from "../../maths/descent.js";
import { reducedMotion } from "./demo.js";

const MATCHED = 0.003; // a loss below this is low enough
const BEGIN_MILLISECONDS = 2500; // the gradient is looked at first

export class Descent {
  /** @param {import("./figure.js").Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.steps = 0;
    const titled = (text, title, onclick) => button(text, onclick, { title });
    this.node = element("div", { className: "buttons descend" },
      titled("One step", "Take one gradient step on θ", () => this.run(2)),
      titled("Descend", "Take gradient steps on θ until the loss is small", () => this.run(Infinity)),
      titled("Back to the identity", "θ as it is before training", () => this.reset()));
  }

  /** Once by itself, unless somebody is quicker. */
  show() {
    this.reset();
    if (reducedMotion()) return;
    this.waiting = setTimeout(() => this.run(Infinity), BEGIN_MILLISECONDS);
    this.figure.root.addEventListener("pointerdown", () => this.stop(), { once: true, capture: true });
  }

  reset() {
    this.stop();
    this.steps = 0;
    this.figure.hold(IDENTITY, "the identity");
  }

  /** @param {number} maxFrames  the first is where θ is now */
  run(maxFrames) {
    this.stop();
    const { figure } = this;
    const before = figure.origin === "moved by the gradient" ? this.steps : 0;
    const reading = figure.pair.data.reading;
    const judge = (output) => figure.loss.withSlope(output);
    const steps = descend({ transform: figure.form, reading }, figure.source, figure.theta, judge, MATCHED);
    this.halt = walk(steps, maxFrames, (frames) => {
      this.steps = before + frames.length - 1;
      figure.hold(frames.at(-1).theta, "moved by the gradient");
    });
  }

  stop() {
    clearTimeout(this.waiting);
    this.halt?.();
  }
}
