/** How far it goes: the probability of the right class at every angle, with the transformer and without. */
import { element } from "../../dom.js";
import { Curves } from "../../parts/curves.js";
import { angleBetween } from "./boxes.js";

const STEP_DEGREES = 5;
const TRAINED_DEGREES = 45; // to either side of upright: App. A.4
const MARKS = [-180, -90, -45, 0, 45, 90, 180];

export class Limits {
  /** @param {string[]} shades */
  constructor(shades) {
    this.shades = shades;
    this.chart = new Curves("Probability of the true class, %, by the digit's angle from upright in degrees", true, [0, 100]);
    this.node = element("div", { className: "limits" }, this.chart.node);
    this.known = new Map(); // of each digit
  }

  /** Of the digit that the figure shows; an angle a frame. @param {import("./figure.js").Figure} figure */
  of(figure) {
    this.stop();
    this.figure = figure;
    const { initialPose, reader, upright } = figure;
    const shown = figure.digits[figure.digit];
    const label = shown.label ?? figure.said;
    const before = angleBetween(initialPose, upright);
    if (!this.known.has(shown)) this.known.set(shown, { angles: [], aided: [], alone: [] });
    const curves = this.known.get(shown);
    const work = () => {
      const angle = -180 + STEP_DEGREES * curves.angles.length;
      const isMore = angle <= 180;
      if (isMore) {
        const { aided, alone } = reader.odds(shown, label, initialPose, angle - before);
        curves.angles.push(angle);
        curves.aided.push(100 * aided);
        curves.alone.push(100 * alone);
      }
      this.draw(curves);
      this.frame = isMore ? requestAnimationFrame(work) : 0;
    };
    work();
  }

  draw({ angles, aided, alone }) {
    const [low, high] = [-TRAINED_DEGREES, TRAINED_DEGREES];
    const axis = { place: (x) => (x + 180) / 360, marks: MARKS };
    this.chart.set(
      [
        { name: "with the transformer", colour: this.shades[0], dash: 0, x: angles, y: aided },
        { name: "without", colour: this.shades[1], dash: 1, x: angles, y: alone },
        { name: "seen in training", colour: this.shades[2], dash: 2, x: [low, low, NaN, high, high], y: [0, 100, NaN, 100, 0] },
      ],
      axis
    );
    this.mark();
  }

  /** Where the digit is turned to now. */
  mark() {
    if (this.figure) this.chart.draw(this.figure.angle);
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
