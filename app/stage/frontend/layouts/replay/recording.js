/** One training: its probes, each with the network's probabilities below it, and its means. */
import { element } from "../../dom.js";
import { between } from "../../maths/grid.js";
import { paintPixels } from "../../parts/drawing.js";
import { Pair } from "../../parts/pair.js";
import { Basis } from "./basis.js";

export class Recording {
  /** @param {object} run  as decode.js gives it  @param {(probe: number) => void} onProbe */
  constructor(run, onProbe) {
    this.pairs = run.probes.map(() => new Pair(run));
    this.bars = run.probes.map(() => {
      const bars = element("div", { className: "bars" }, ...(run.named ? run.classes.slice(0, 1) : run.classes).map(() => element("i")));
      bars.setAttribute("aria-hidden", "true");
      return bars;
    });
    this.verdicts = run.probes.map(() => element("span", { className: "label" }));
    this.cells = this.pairs.map((pair, i) => {
      const onclick = () => onProbe(i);
      const truth = run.named ? [element("span", { className: "truth", textContent: run.classes[run.probes[i].label] })] : [];
      return element("button", { type: "button", className: "cell", onclick }, pair.node, ...truth, this.bars[i], this.verdicts[i]);
    });
    const strip = element("div", { className: "strip" }, ...this.cells);
    strip.style.setProperty("--cells", this.cells.length);
    strip.classList.toggle("several", run.channels > 1 || run.transformers.length > 1);
    strip.classList.toggle("named", run.named); // windows on photographs, which are to be seen
    this.means = run.meanClasses.flatMap((name, c) => run.transformers.map((transformer, n) => makeMean(run, name, c, transformer, n)));
    this.where = element("span");
    const title = element("p", { className: "title" }, element("b", { textContent: run.name }), this.where);
    title.style.borderLeft = `5px solid ${run.colour}`;
    this.node = element("section", {}, title, strip);
    this.set(run);
  }

  /** A row of the means of V. suffix: whose they are, where there are two trainings. */
  averages(suffix) {
    if (!this.means.length) return [];
    this.basis = this.run.learnt ? new Basis(this.run, suffix) : null;
    const { channels, meanWords, transformers } = this.run;
    const what = meanWords ?? (channels > 1 ? "Mean of V, channel 1, over 100 pairs whose first digit is" : "Mean of V over a class:");
    const words = element("span", { textContent: what + suffix });
    const means = element("div", { className: "means" }, words, ...this.means.map(({ node }) => node));
    means.classList.toggle("in-rows", transformers.length > 2); // a row for each class
    means.style.setProperty("--columns", transformers.length);
    return this.basis ? [means, this.basis.node] : [means];
  }

  set(run) {
    this.run = run;
    this.pairs.forEach((pair) => (pair.data = run));
  }

  /** Show a frame, or a share of the way between two. */
  show(frame) {
    const { run } = this;
    const [first, share] = [Math.floor(frame), frame % 1];
    const second = Math.min(first + 1, run.steps.length - 1);
    if (run.learnt) Object.assign(run.transform, run.learnt(frame));
    this.pairs.forEach((pair, i) => {
      const thetas = run.transform && run.transformers.map((_, n) => between(run.theta(first, i, n), run.theta(second, i, n), share));
      pair.show(run.moment?.(Math.round(frame), i) ?? run.probes[i].source, run.probes[i].alt, thetas);
      this.showOdds(i, between(run.probability(first, i), run.probability(second, i), share));
    });
    const nearest = Math.round(frame);
    this.means.forEach(({ pixels, c, n }) => paintPixels(pixels, run.mean(nearest, c, n)));
    this.basis?.show(run, frame);
    const measure = run.measures[nearest];
    const error = Number.isFinite(measure) ? `, error ${measure.toFixed(1)} %` : "";
    this.where.textContent = ` step ${run.steps[nearest].toLocaleString()}, ${run.seconds[nearest].toFixed(0)} s${error}`;
  }

  showOdds(i, odds) {
    const { label, name } = this.run.probes[i];
    if (this.run.named) return this.showNamed(i, odds, label);
    if (this.run.heads > 1) return this.showHeads(i, odds, label);
    const best = odds.indexOf(Math.max(...odds));
    [...this.bars[i].children].forEach((bar, c) => {
      bar.style.height = `${Math.max(3, 100 * (odds[c] || 0))}%`; // NaN where the network gave none
      bar.className = c === label ? "true" : "";
    });
    if (best < 0) this.verdicts[i].textContent = name; // the network does not classify
    else if (label === null) this.verdicts[i].textContent = `${name} → ${best}`;
    else this.verdicts[i].textContent = `${label} → ${best} ${best === label ? "✓" : "✗"}`;
  }

  /** Of many classes: how likely the true one is, which is named above, and the name of the likeliest. */
  showNamed(i, odds, label) {
    const best = odds.indexOf(Math.max(...odds));
    const [bar] = this.bars[i].children;
    bar.style.width = `${Math.max(1, 100 * odds[label])}%`;
    bar.className = "true";
    this.verdicts[i].textContent = `${this.run.classes[best]} ${best === label ? "✓" : "✗"}`;
  }

  /** A bar for each head: how likely its likeliest class is, which is the true one in colour. */
  showHeads(i, odds, label) {
    const { heads, classes } = this.run;
    const bests = label.map((_, head) => {
      const own = odds.slice(head * classes.length, (head + 1) * classes.length);
      const best = own.indexOf(Math.max(...own));
      const bar = this.bars[i].children[head];
      bar.style.height = `${Math.max(3, 100 * own[best])}%`;
      bar.className = best === label[head] ? "true" : "";
      return best;
    });
    [...this.bars[i].children].slice(heads).forEach((bar) => (bar.hidden = true));
    const isRight = bests.every((best, head) => best === label[head]);
    this.verdicts[i].textContent = `${written(label, classes)} → ${written(bests, classes)} ${isRight ? "✓" : "✗"}`;
  }
}

/** What each head's classes stand for, written one after the other. */
const written = (classes, names) => classes.map((c) => names[c]).join("") || "nothing";

/** The mean of V over the digits of class number c, by transformer n. */
function makeMean({ meanWords }, name, c, transformer, n) {
  const by = transformer.name && `, by ${transformer.name}`;
  const ariaLabel = `${meanWords ?? "Mean of V over 100 digits of class"} ${name}${by}`;
  const pixels = element("canvas", { className: "mean", role: "img", ariaLabel });
  if (by) pixels.style.outline = `2px solid ${transformer.colour}`;
  return { pixels, c, n, node: element("figure", {}, pixels, element("figcaption", { textContent: name + by })) };
}
