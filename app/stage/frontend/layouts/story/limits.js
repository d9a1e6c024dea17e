/** How far it goes: the probability of the right class at every angle, with the transformer and without. */
import { element } from "../../dom.js";
import { Curves } from "../../parts/curves.js";
import { angleBetween } from "./boxes.js";

const STEP_DEGREES = 5;
const TRAINED_DEGREES = 45; // to either side of upright: App. A.4
const UNKNOWN = "A digit that you draw has no label, so there is no curve of its class. Choose one of the ten to see it.";
const MARKS = [-180, -90, -45, 0, 45, 90, 180];

export class Limits {
  /** @param {string[]} shades */
  constructor(shades) {
    this.shades = shades;
    this.chart = new Curves("Probability of this digit's class, %, by its angle from upright in degrees", true, [0, 100]);
    this.unknown = element("p", { className: "told", hidden: true, textContent: UNKNOWN });
    this.node = element("div", { className: "limits" }, this.chart.node, this.unknown);
    this.known = new Map(); // of each digit
  }

  /** @param {string[]} shades  of the curves */
  colour(shades) {
    this.shades = shades;
    if (this.curves) this.draw();
  }

  /** Of the digit that the figure shows, if its class is known; an angle a frame. @param {import("./figure.js").Figure} figure */
  of(figure) {
    this.stop();
    this.figure = figure;
    const { initialPose, reader, upright, label } = figure;
    const shown = figure.digits[figure.digit];
    this.chart.node.hidden = label === null;
    this.unknown.hidden = label !== null;
    if (label === null) return;
    const before = angleBetween(initialPose, upright);
    if (!this.known.has(shown)) this.known.set(shown, { angles: [], aided: [], alone: [] });
    const curves = (this.curves = this.known.get(shown));
    const work = () => {
      const angle = -180 + STEP_DEGREES * curves.angles.length;
      const isMore = angle <= 180;
      if (isMore) {
        const { aided, alone } = reader.odds(shown, label, initialPose, angle - before);
        curves.angles.push(angle);
        curves.aided.push(100 * aided);
        curves.alone.push(100 * alone);
      }
      this.draw();
      this.frame = isMore ? requestAnimationFrame(work) : 0;
    };
    work();
  }

  draw() {
    const { angles, aided, alone } = this.curves;
    const [low, high] = [-TRAINED_DEGREES, TRAINED_DEGREES];
    const axis = { place: (x) => (x + 180) / 360, marks: MARKS };
    this.chart.set(
      [
        { name: "the network, with its transformer", colour: this.shades[0], dash: 0, x: angles, y: aided },
        { name: "its classifier alone, reading U", colour: this.shades[1], dash: 1, x: angles, y: alone },
        { name: "trained range", colour: this.shades[2], dash: 2, x: [low, low, NaN, high, high], y: [0, 100, NaN, 100, 0] },
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
