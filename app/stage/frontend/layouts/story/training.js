/** A recorded training, watched: the grids of a few digits from its first step to its last. */
import { element } from "../../dom.js";
import { affine } from "../../maths/affine.js";
import { between } from "../../maths/grid.js";
import { logarithmic } from "../../parts/axes.js";
import { Curves } from "../../parts/curves.js";
import { pairOf } from "../../parts/pair.js";
import { Transport } from "../../parts/transport.js";

const FRAMES_A_SECOND = 12;
const SECONDS = 12; // from the first step to the last
const EARLY_STEPS = 200; // in which little moves
const EARLY_SHARE = 0.08; // of these seconds
const UNIT = 10; // steps, from which on the axis is logarithmic

export class Training {
  /** @param {object} data  of the story: its training, its network and its colours */
  constructor(data) {
    const { training, network, colours } = data;
    this.training = training;
    this.transport = new Transport((position) => this.show(position), () => {});
    const form = affine([network.size, network.size]);
    this.pairs = training.probes.map(() => pairOf(data, form, { layout: "strip" }));
    this.verdicts = training.probes.map(() => element("span", { className: "label" }));
    const cells = this.pairs.map(({ node }, i) => element("div", { className: "cell" }, node, this.verdicts[i]));
    this.strip = element("div", { className: "strip", role: "img" }, ...cells);
    this.strip.style.setProperty("--cells", cells.length);
    this.charts = [new Curves("Loss"), new Curves("Error, %")];
    const charts = element("div", { className: "charts" }, ...this.charts.map(({ node }) => node));
    this.node = element("div", { className: "training" }, this.strip, this.transport.node, charts);
    this.colour(colours.series);
    const { steps, measures } = training;
    const track = {
      count: steps.length,
      perSecond: FRAMES_A_SECOND,
      name: "Training progress",
      ends: ["step 0", "end"],
      label: (frame) => `step ${steps[frame].toLocaleString("en")}, error ${measures[frame].toFixed(1)} %`,
    };
    this.transport.set(track, false);
  }

  /** @param {string[]} shades  of the curves */
  colour(shades) {
    const { steps, measures, loss } = this.training;
    const axis = logarithmic(UNIT, steps.at(-1), "step");
    const [lossChart, errorChart] = this.charts;
    lossChart.set([{ name: `batches, from step ${loss.step[0].toLocaleString("en")}`, colour: shades[0], dash: 0, x: loss.step, y: loss.value }], axis);
    errorChart.set([{ name: "1,000 held-out digits", colour: shades[0], dash: 0, x: steps, y: measures }], axis);
  }

  /** From its first step on. @param {import("../../parts/demo.js").Demo} demo */
  play(demo) {
    const { last } = this.transport.head;
    const early = this.training.steps.findIndex((step) => step >= EARLY_STEPS);
    this.transport.present(0);
    demo.play(SECONDS, (share) =>
      this.transport.present(share < EARLY_SHARE ? (early * share) / EARLY_SHARE : early + ((last - early) * (share - EARLY_SHARE)) / (1 - EARLY_SHARE))
    );
  }

  show(position) {
    const { training } = this;
    const [first, share] = [Math.floor(position), position % 1];
    const second = Math.min(first + 1, training.steps.length - 1);
    const nearest = Math.round(position);
    const read = training.probes.map(({ label, source }, i) => {
      const theta = between(training.theta(first, i), training.theta(second, i), share);
      this.pairs[i].show(source, `A distorted ${label} with the sampling grid on it`, [theta]);
      const said = training.said(nearest, i);
      this.verdicts[i].textContent = `${label} → ${said} ${said === label ? "✓" : "✗"}`;
      return said === label;
    });
    this.strip.setAttribute("aria-label", `${read.filter(Boolean).length} of ${read.length} digits are read rightly`);
    this.charts.forEach((chart) => chart.draw(training.steps[nearest]));
  }

  redraw() {
    this.show(this.transport.head.position);
  }

  stop() {
    this.transport.head.pause();
    this.transport.marks();
  }
}
