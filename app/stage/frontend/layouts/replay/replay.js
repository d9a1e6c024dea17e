/** One or two trainings, replayed: one playhead moves their probes, their curves and their means. */
import { Curves, logarithmic, rowsOf } from "../../parts/curves.js";
import { exporter } from "../../output/export.js";
import { Pair, element } from "../../parts/pair.js";
import { paintPixels } from "../../parts/drawing.js";
import { isNewerThanTheLink, leave, whereLeft } from "../../output/places.js";
import { Transport } from "../../parts/transport.js";
import { between } from "../../maths/grid.js";

const FRAMES_A_SECOND = 12;
const TIMES = { step: "steps", seconds: "seconds" }; // a run's snapshots, by either clock
const ROUNDED = 1 + 1e-5; // a link has six digits of a number
const CLOSE = 1e-3; // so near to a frame, it is meant

/** Where a value stands in an ascending list: a fraction between indices; of equals, at the last. */
function within(list, value) {
  const low = list.findLastIndex((v) => v <= value);
  if (low < 0) return 0;
  if (low === list.length - 1) return low;
  return low + (value - list[low]) / (list[low + 1] - list[low]);
}

/** What a list has there. */
function valueAt(list, place) {
  const first = Math.min(Math.floor(place), list.length - 1);
  const second = Math.min(first + 1, list.length - 1);
  return list[first] + (list[second] - list[first]) * (place - first);
}

/** When any of the runs has a snapshot. */
const moments = (runs, by) => [...new Set(runs.flatMap((run) => run[TIMES[by]]))].sort((a, b) => a - b);

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
    this.node = element("section", {}, title, strip);
    this.set(run);
  }

  /** A row of the means of V. of: what to say whose they are, where there are two trainings. */
  averages(of) {
    if (!this.means.length) return [];
    const words = this.run.channels > 1 ? "mean V of channel 1, over a hundred pairs whose first digit is a" : "mean V of a class";
    const told = element("span", { textContent: words + of });
    return [element("div", { className: "means" }, told, ...this.means.map(({ node }) => node))];
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
    this.transport = new Transport(
      (position) => {
        this.show(position);
        if (this.transport.head.playing) this.keep();
      },
      () => this.rest()
    );
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
    const { playing } = this.transport.head; // it goes on with the trainings that are chosen now
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
    this.clock = this.clocks();
    this.counted = null;
    this.transport.more.replaceChildren(this.clock, exporter(this));
    this.root.replaceChildren(
      this.transport.node,
      ...this.recordings.map(({ node }) => node),
      element("div", { className: "averages" }, ...this.recordings.flatMap((r) => r.averages(this.of(r.run)))),
      element("div", { className: "charts" }, ...this.curves.map(({ node }) => node))
    );
    const place = whereLeft(data.runs[0].recording);
    const returned = place && this.go(place);
    this.linked = !returned || !isNewerThanTheLink(place);
    if (!returned) {
      this.choose(Math.min(this.probe, data.runs[0].probes.length - 1), false);
      this.arrange(false);
    }
    if (playing) this.transport.play.click();
  }

  /** Whose a chart is, where there are two trainings. */
  of(run) {
    return this.data.runs.length > 1 ? `, ${run.name}` : "";
  }

  get curves() {
    return [...this.poses.filter(Boolean), ...Object.values(this.charts), ...this.trails.map(({ chart }) => chart)];
  }

  /** By step or by seconds: what two trainings are in step by. */
  clocks() {
    const select = element("select", { title: "The playhead counts" }, ...Object.keys(TIMES).map((value) =>
      element("option", { value, textContent: `by ${value}`, selected: value === this.by })
    ));
    select.setAttribute("aria-label", "The playhead counts by");
    select.onchange = () => this.countBy(select.value);
    return select;
  }

  /** The same moment by another clock: that of the first run which has got so far. */
  countBy(by) {
    const now = this.now();
    const [from, to] = [TIMES[this.by], TIMES[by]];
    const run = this.data.runs.find((run) => run[from].at(-1) >= now);
    const there = this.counted?.at === now ? this.counted.before : valueAt(run[to], within(run[from], now));
    this.by = by;
    this.arrange(true, there);
    this.counted = { at: this.now(), before: now }; // so that the way back ends where it began
    this.keep();
  }

  choose(probe, draw = true) {
    this.probe = probe;
    this.recordings.forEach(({ cells }) =>
      cells.forEach((cell, i) => cell.setAttribute("aria-pressed", String(i === probe)))
    );
    if (!draw) return;
    this.arrange(true);
    this.keep();
  }

  /**
   * The playhead's frames, from the snapshots of all the runs, and the curves.
   * @param {boolean} kept  the playhead goes on, and stays live if it is
   * @param {number|null} at  where it is to stand; null for the right edge
   */
  arrange(kept, at = kept ? this.now() : null) {
    const { runs } = this.data;
    this.values = moments(runs, this.by);
    const last = this.values[this.values.length - 1];
    const unit = this.by === "step" ? 10 : Math.max(0.05, last / 2000); // where it becomes logarithmic
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
      const place = within(this.values, at); // among the frames that there are now
      const frame = Math.round(place);
      this.transport.head.position = Math.abs(place - frame) < CLOSE ? frame : place;
      this.transport.mark(this.transport.head.position);
    }
    this.plot(logarithmic(unit, last, this.by === "step" ? "step" : "s"));
    this.show(this.transport.head.position);
  }

  plot(axis) {
    const { runs } = this.data;
    const several = runs.length > 1;
    const logged = (name, key) => [name, ({ history }) => [history[this.by], history[key]]];
    const unseen = ["1,000 unseen", (run) => [run[TIMES[this.by]], run.measures]];
    const lines = (...parts) =>
      runs.flatMap((run) =>
        parts.flatMap(([name, values], dash) => {
          const [x, y] = values(run);
          if (!y) return [];
          const colour = several ? run.colour : this.data.colours.series[dash];
          return [{ name: several ? `${run.name}${name ? `, ${name}` : ""}` : name, colour, dash, x, y }];
        })
      );
    this.charts.loss.set(lines(logged("", "loss")), axis);
    this.charts.error.set(lines(logged("batches", "error"), unseen), axis);
    this.charts.gradient.set(lines(logged("classifier", "classifier"), logged("localisation", "localisation")), axis);
    this.charts.rate.set(lines(logged("", "rate")), axis);
    this.poses.forEach((chart, r) => chart?.set(this.left(runs[r]), axis));
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
          x: run[TIMES[this.by]],
          y: every.map((theta) => theta[p]),
        })),
        axis
      );
      if (!shown.length) chart.legend.textContent = `${names.length} numbers`;
    });
  }

  /** The lines of what is left of the pose: of each channel, in each transformer's V. */
  left(run) {
    return run.transformers.flatMap(({ name, colour }, n) =>
      [...Array(run.channels).keys()].map((c) => ({
        name: [name, run.channels > 1 ? `channel ${c + 1}` : ""].filter(Boolean).join(", "),
        colour,
        dash: c,
        x: run[TIMES[this.by]],
        y: run.poseLeft.map((left) => left[n][c]),
      }))
    );
  }

  /** The moment at which the playhead stands, by its clock. */
  now() {
    return valueAt(this.values, this.transport.head.position);
  }

  show(position) {
    const value = valueAt(this.values, position);
    this.recordings.forEach((recording) => recording.show(within(recording.run[TIMES[this.by]], value)));
    for (const chart of this.curves) chart.draw(value);
  }

  /** θ, the probabilities and what is left of the pose, of every probe at every recorded step. */
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
            ...this.leftOf(run, frame, n),
          }));
        })
      )
    );
  }

  /** What is left of the pose in each channel of a transformer's V, with a name for its column. */
  leftOf(run, frame, n) {
    const named = (v, c) => [`pose left in V, %${run.channels > 1 ? `, channel ${c + 1}` : ""}`, v];
    return Object.fromEntries(run.poseLeft?.[frame][n].map(named) ?? []);
  }

  curveRows() {
    return this.data.runs.flatMap(({ name, history }) => rowsOf(history).map((row) => ({ training: name, ...row })));
  }

  /** Where the playhead stands, by which clock, and which probe is chosen. */
  state() {
    return { by: this.by, [this.by]: this.now(), probe: this.probe };
  }

  /** Go where a link has it; an older one has a frame by step alone. False where that is not. */
  restore({ position, ...place }) {
    if (!this.linked) return true; // the visitor has been elsewhere since
    const steps = moments(this.data.runs, "step");
    const asked = position === undefined ? place : { step: position <= steps.length - 1 ? valueAt(steps, position) : null };
    if (!this.go(asked, true)) return false;
    this.rest();
    return true;
  }

  /** Stand there, at the end if it is beyond, or false; exact: not beyond the end. */
  go({ by = "step", probe = this.probe, live = false, ...place }, exact = false) {
    const { runs } = this.data;
    const at = place[by];
    const known = Object.keys(TIMES).includes(by) && Number.isFinite(at) && at >= 0;
    if (!known || !Number.isInteger(probe) || !runs[0].probes[probe]) return false;
    if (exact && at > moments(runs, by).at(-1) * ROUNDED) return false;
    this.by = this.clock.value = by;
    this.choose(probe, false);
    this.arrange(false, live ? null : at);
    return true;
  }

  /** The playhead has come to rest. */
  rest() {
    this.python.tell({ token: this.data.token, position: this.transport.head.position });
    this.keep();
  }

  /** For a reload, another view, or another training beside. */
  keep() {
    const { position, last } = this.transport.head;
    leave(this.data.runs[0].recording, { ...this.state(), live: position >= last });
  }

  redraw() {
    if (this.values) this.show(this.transport.head.position);
  }

  stop() {
    this.transport.head.pause();
  }
}
