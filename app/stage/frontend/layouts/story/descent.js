/** Gradient steps on θ that lower the loss of the label: one, or all the way down. */
import { button, element } from "../../dom.js";
import { descend, walk } from "../../maths/descent.js";
import { compose, product } from "../../maths/pose.js";
import { reducedMotion } from "../../parts/playhead.js";

const MATCHED = 0.003; // a loss below this is low enough
const BEGIN_MILLISECONDS = 2500; // the gradient is looked at first
const SHOWN_STEPS = 4;
const OFF = compose([75, 1.2, 1.2, 0, 0.3, 0.3]); // where the descent begins, in the network's own frame
const [WRONG, MOVED] = ["a wrong start", "moved by the gradient"];

export class Descent {
  /** @param {import("./figure.js").Figure} figure */
  constructor(figure) {
    this.figure = figure;
    figure.root.addEventListener("pointerdown", () => this.stop(), { capture: true }); // a hand may take it over
    const titled = (text, title, onclick) => button(text, onclick, { title });
    this.node = element("div", { className: "buttons descend" },
      titled("One step", "Take one gradient step on θ", () => this.run(1)),
      titled("Descend", "Take gradient steps on θ until the loss is small", () => this.run(Infinity)),
      titled("Back to the start", "The wrong place that the grid began at", () => this.reset()));
  }

  /** A few steps by themselves, unless somebody is quicker: the rest of the way is left to do. */
  show() {
    this.reset();
    if (reducedMotion()) return;
    const { figure } = this;
    const begun = figure.theta;
    this.waiting = setTimeout(() => figure.theta === begun && this.run(SHOWN_STEPS), BEGIN_MILLISECONDS);
  }

  reset() {
    this.stop();
    this.figure.hold(product(this.figure.networkTheta, OFF), WRONG);
  }

  /** @param {number} maxFrames  at most so many steps on from the θ that is shown */
  run(maxFrames) {
    this.stop();
    const { figure } = this;
    if (figure.theta !== this.reached) {
      const judge = (output) => figure.loss.withSlope(output);
      this.steps = descend(figure.pair.data, figure.source, figure.theta, judge, MATCHED);
      this.steps.next(); // where θ is now
    }
    let held = figure.theta;
    this.halt = walk(this.steps, maxFrames, (frames) => {
      if (figure.theta !== held) return this.stop(); // another hand has set it
      if (!frames.length) return; // it was at its end
      held = this.reached = frames.at(-1).theta;
      figure.hold(this.reached, MOVED);
    });
  }

  stop() {
    clearTimeout(this.waiting);
    this.halt?.();
  }
}
