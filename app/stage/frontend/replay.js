/** One or two trainings, replayed: one playhead moves their probes, their curves and their means. */
import { Curves, powers } from "./curves.js";
import { exporter } from "./export.js";
import { Pair, element } from "./pair.js";
import { paintPixels } from "./drawing.js";
import { Transport } from "./transport.js";
import { between } from "./grid.js";

const FRAMES_A_SECOND = 12;

/** Where a value stands in an ascending list: a fraction between its neighbours' indices. */
function within(list, value) {
  let high = list.findIndex((v) => v >= value);
  if (high < 0) return list.length - 1;
  if (high === 0) return 0;
  return high - 1 + (value - list[high - 1]) / (list[high] - list[high - 1]);
}

/** One training: its probes, each with the network's probabilities below it, and its means. */
class Recording {
  /** @param {object} run  as index.js decodes it  @param {(probe: number) => void} onProbe */
  constructor(run, onProbe) {
    this.pairs = run.probes.map(() => new Pair(run));
    this.bars = run.probes.map(() => element("div", { className: "bars" }));
    this.said = run.probes.map(() => element("span", { className: "label" }));
    const cells = this.pairs.map((pair, i) => {
      const cell = element("button", { type: "button", className: "cell" }, pair.node, this.bars[i], this.said[i]);
      cell.onclick = () => onProbe(i);
      return cell;
    });
    this.cells = cells;
    this.bars.forEach((bar) => {
      bar.setAttribute("aria-hidden", "true");
      bar.append(...run.classes.map(() => element("i")));
    });
    const strip = element("div", { className: "strip" }, ...cells);
    strip.style.setProperty("--cells", cells.length);
    strip.classList.toggle("several", run.channels > 1 || run.transformers.length > 1);
    this.means = run.meanClasses.flatMap((name, c) =>
      run.transformers.map((transformer, n) => {
        const pixels = element("canvas", { className: "mean" });
        pixels.setAttribute("role", "img");
        const by = transformer.name && `, by ${transformer.name}`;
        pixels.setAttribute("aria-label", `The mean of V over 100 digits of class ${name}${by}`);
        if (by) pixels.style.outline = `2px solid ${transformer.colour}`;
        const words = element("figcaption", { textContent: by ? `${name}, by ${transformer.name}` : name });
        return { pixels, c, n, node: element("figure", {}, pixels, words) };
      })
    );
    const title = element("p", { className: "title" }, element("b", { textContent: run.name }));
    title.style.borderLeft = `5px solid ${run.colour}`;
    this.where = element("span");
    title.append(this.where);
    const means = element("div", { className: "means" }, element("span", { textContent: run.channels > 1 ? "mean V of channel 1, over a hundred pairs whose first digit is a" : "mean V of a class" }), ...this.means.map(({ node }) => node));
    this.node = element("section", {}, title, strip, ...(this.means.length ? [means] : []));
    this.set(run);
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
    this.pairs.forEach((pair, i) => {
      const thetas = run.transform && run.transformers.map((_, n) => between(run.theta(first, i, n), run.theta(second, i, n), share));
      pair.show(run.probes[i].source, run.probes[i].alt, thetas);
      const values = between(run.probability(first, i), run.probability(second, i), share);
      const said = values.indexOf(Math.max(...values));
      [...this.bars[i].children].forEach((bar, c) => {
        bar.style.height = `${Math.max(3, 100 * values[c])}%`;
        bar.className = c === run.probes[i].label ? "true" : "";
      });
      const { label } = run.probes[i];
      this.said[i].textContent = `${label} → ${said} ${said === label ? "✓" : "✗"}`;
    });
    const nearest = Math.round(frame);
    this.means.forEach(({ pixels, c, n }) => paintPixels(pixels, run.mean(nearest, c, n)));
    this.where.textContent = ` step ${run.steps[nearest].toLocaleString()}, ${run.seconds[nearest].toFixed(0)} s, error ${run.measures[nearest].toFixed(1)} %`;
  }
}

export class Replay {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python, probe: 0, by: "step" });
  }

  update(data) {
    const before = this.data;
    this.data = data;
    if (before?.shape !== data.shape) return this.build();
    this.recordings.forEach((recording, i) => recording.set(data.runs[i]));
    this.arrange(true);
  }

  build() {
    const { data } = this;
    this.stop();
    this.recordings = data.runs.map((run) => new Recording(run, (probe) => this.choose(probe)));
    this.charts = {
      loss: new Curves("Loss"),
      error: new Curves("Error, %"),
      gradient: new Curves("Gradient norm"),
      rate: new Curves("Learning rate", true),
    };
    this.poses = data.runs.map((run) => run.poseLeft && new Curves(`What is left of the pose in V, %${this.of(run)}`, true));
    this.trails = data.runs.flatMap((run) =>
      run.transformers.map(({ name }, n) => ({ run: data.runs.indexOf(run), n, chart: new Curves(`θ of the chosen probe${name && `, ${name}`}${this.of(run)}`, true) }))
    );
    this.transport = new Transport((position) => this.show(position), () =>
      this.python.tell({ token: data.token, position: this.transport.head.position })
    );
    this.transport.more.append(this.clock(), exporter(this));
    this.root.replaceChildren(
      this.transport.node,
      ...this.recordings.map(({ node }) => node),
      element("div", { className: "charts" }, ...this.curves.map(({ node }) => node))
    );
    this.choose(Math.min(this.probe, data.runs[0].probes.length - 1), false);
    this.arrange(false);
  }

  /** Whose a chart is, where there are two trainings. */
  of(run) {
    return this.data.runs.length > 1 ? `, ${run.name}` : "";
  }

  get curves() {
    return [...this.poses.filter(Boolean), ...Object.values(this.charts), ...this.trails.map(({ chart }) => chart)];
  }

  /** By step or by seconds: what two trainings are in step by. */
  clock() {
    const select = element("select", { title: "The playhead counts" }, ...["step", "seconds"].map((value) =>
      element("option", { value, textContent: `by ${value}`, selected: value === this.by })
    ));
    select.setAttribute("aria-label", "The playhead counts by");
    select.onchange = () => {
      this.by = select.value;
      this.arrange(false);
    };
    return select;
  }

  choose(probe, draw = true) {
    this.probe = probe;
    this.recordings.forEach(({ cells }) =>
      cells.forEach((cell, i) => cell.setAttribute("aria-pressed", String(i === probe)))
    );
    if (draw) this.arrange(true);
  }

  /** The playhead's frames, from the snapshots of all the runs, and the curves. */
  arrange(kept) {
    const { runs } = this.data;
    const by = this.by === "step" ? "steps" : "seconds";
    const at = kept && this.values ? this.valueAt(this.transport.head.position) : null;
    this.values = [...new Set(runs.flatMap((run) => run[by]))].sort((a, b) => a - b);
    const last = this.values[this.values.length - 1];
    const unit = this.by === "step" ? 10 : Math.max(0.05, last / 2000); // where it becomes logarithmic
    const marks = [0, ...powers(unit, last)];
    const axis = { place: (x) => Math.log1p(x / unit) / Math.log1p(last / unit), marks, unit: this.by };
    const live = this.transport.set(
      {
        count: this.values.length,
        perSecond: FRAMES_A_SECOND,
        name: "Over the training",
        ends: [this.by === "step" ? "step 0" : "start", runs.some((run) => run.live) ? "live" : "end"],
        label: (frame) => (this.by === "step" ? `step ${this.values[frame].toLocaleString()}` : `${this.values[frame].toFixed(1)} s`),
      },
      kept
    );
    if (at !== null && !live) {
      this.transport.head.position = within(this.values, at); // its place among more frames
      this.transport.mark(this.transport.head.position);
    }
    this.plot(by === "steps" ? "step" : "seconds", axis);
    this.show(this.transport.head.position);
  }

  plot(x, axis) {
    const { runs } = this.data;
    const several = runs.length > 1;
    const lines = (parts) =>
      runs.flatMap((run) =>
        parts
          .filter(([, values]) => values(run))
          .map(([name, values, dash]) => ({
            name: several ? `${run.name}${name ? `, ${name}` : ""}` : name,
            colour: several ? run.colour : this.data.colours.series[dash],
            dash,
            x: values(run).length === run.history[x].length ? run.history[x] : x === "step" ? run.steps : run.seconds,
            y: values(run),
          }))
      );
    this.charts.loss.set(lines([["", ({ history }) => history.loss, 0]]), axis);
    this.charts.error.set(
      lines([["batches", ({ history }) => history.error, 0], ["1,000 unseen", ({ measures }) => measures, 1]]), axis
    );
    this.charts.gradient.set(
      lines([["classifier", ({ history }) => history.classifier, 0], ["localisation", ({ history }) => history.localisation, 1]]), axis
    );
    this.charts.rate.set(lines([["", ({ history }) => history.rate, 0]]), axis);
    this.poses.forEach((chart, r) => chart?.set(this.left(runs[r], x), axis));
    this.trails.forEach(({ run: r, n, chart }) => {
      const run = runs[r];
      const { names } = run.transform;
      const shades = this.data.colours.series;
      const shown = names.length > 8 ? [] : names;
      const every = run.steps.map((_, frame) => run.theta(frame, this.probe, n));
      chart.set(
        names.map((name, p) => ({
          name: shown.includes(name) ? name : "",
          colour: shades[p % shades.length],
          dash: 0,
          x: run[x === "step" ? "steps" : "seconds"],
          y: every.map((theta) => theta[p]),
        })),
        axis
      );
      if (!shown.length) chart.legend.textContent = `${names.length} numbers`;
    });
  }

  /** The lines of what is left of the pose: of each channel, in each transformer's V. */
  left(run, x) {
    return run.transformers.flatMap(({ name, colour }, n) =>
      [...Array(run.channels).keys()].map((c) => ({
        name: [name, run.channels > 1 ? `channel ${c + 1}` : ""].filter(Boolean).join(", "),
        colour,
        dash: c,
        x: x === "step" ? run.steps : run.seconds,
        y: run.poseLeft.map((left) => left[n][c]),
      }))
    );
  }

  valueAt(position) {
    const first = Math.min(Math.floor(position), this.values.length - 1);
    const second = Math.min(first + 1, this.values.length - 1);
    return this.values[first] + (this.values[second] - this.values[first]) * (position - first);
  }

  show(position) {
    const value = this.valueAt(position);
    const by = this.by === "step" ? "steps" : "seconds";
    this.recordings.forEach((recording) => recording.show(within(recording.run[by], value)));
    for (const chart of this.curves) chart.draw(value);
  }

  /** θ and the probabilities of every probe, at every recorded step. */
  rows() {
    return this.data.runs.flatMap((run) =>
      run.steps.flatMap((step, frame) =>
        run.probes.flatMap(({ label }, probe) => {
          const odds = Object.fromEntries(run.classes.map((name, c) => [`p(${name})`, run.probability(frame, probe)[c]]));
          const seen = { training: run.name, step, seconds: run.seconds[frame], "error, %": run.measures[frame], probe, label };
          if (!run.transform) return [{ ...seen, ...odds }];
          return run.transformers.map(({ name }, n) => ({
            ...seen,
            transformer: name || n + 1,
            ...Object.fromEntries(run.theta(frame, probe, n).map((v, p) => [run.transform.names[p], v])),
            ...odds,
          }));
        })
      )
    );
  }

  curveRows() {
    return this.data.runs.flatMap(({ name, history }) =>
      history.step.map((step, i) => ({
        training: name,
        step,
        ...Object.fromEntries(["seconds", "loss", "error", "rate", "classifier", "localisation"].map((k) => [k, history[k]?.[i]])),
      }))
    );
  }

  state() {
    return { position: this.transport.head.position };
  }

  restore({ position }) {
    if (!(position >= 0 && position <= this.transport.head.last)) return false;
    this.transport.head.seek(position);
    return true;
  }

  redraw() {
    if (this.values) this.show(this.transport.head.position);
  }

  stop() {
    this.transport?.head.pause();
  }
}
