/** One or two trainings, replayed: one playhead moves their probes, their curves and their means. */
import { element, press } from "../../dom.js";
import { bookmarkOf, isNewerThanTheLink, keepBookmark } from "../../output/bookmarks.js";
import { exporter } from "../../output/export.js";
import { CurveOptions } from "../../parts/curve_options.js";
import { rowsOf as historyRowsOf } from "../../parts/series.js";
import { Transport } from "../../parts/transport.js";
import { Charts, endOf } from "./charts.js";
import { TIMES, moments, valueAt, within } from "./moments.js";
import { Recording } from "./recording.js";
import { rowsOf } from "./rows.js";

const FRAMES_A_SECOND = 12;
const ROUNDED = 1 + 1e-5; // a link has six digits of a number
const CLOSE = 1e-3; // so near to a frame, it is meant

export class Replay {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python, probe: 0, by: "step" });
    this.options = new CurveOptions(() => this.arrange(true));
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
    const suffix = (run) => (data.runs.length > 1 ? `, ${run.name}` : "");
    this.charts = new Charts(data.runs, suffix);
    this.clock = this.clocks();
    this.counted = null;
    this.transport.more.replaceChildren(this.clock, exporter(this));
    this.root.replaceChildren(
      this.transport.node,
      ...this.recordings.map(({ node }) => node),
      element("div", { className: "averages" }, ...this.recordings.flatMap((r) => r.averages(suffix(r.run)))),
      this.options.node,
      element("div", { className: "charts" }, ...this.charts.all.map(({ node }) => node))
    );
    const bookmark = bookmarkOf(data.runs[0].recording);
    const returned = bookmark && this.go(bookmark);
    this.linked = !returned || !isNewerThanTheLink(bookmark);
    if (!returned) {
      this.choose(Math.min(this.probe, data.runs[0].probes.length - 1), false);
      this.arrange(false);
      if (!playing && !data.runs.some(({ live }) => live)) this.transport.playOnce();
    }
    if (playing) this.transport.play.click();
  }

  /** By step or by seconds: what two trainings are in step by. */
  clocks() {
    const select = element("select", { title: "Playhead unit" }, ...Object.keys(TIMES).map((value) =>
      element("option", { value, textContent: `by ${value}`, selected: value === this.by })
    ));
    select.setAttribute("aria-label", "Playhead unit");
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
    this.recordings.forEach(({ cells }) => press(cells, (_, i) => i === probe));
    if (!draw) return;
    this.arrange(true);
    this.keep();
  }

  /**
   * The playhead's frames, from the snapshots of all the runs, and the curves.
   * @param {boolean} kept  the playhead goes on, and stays live if it is
   * @param {number|null} at  where it is to stand; null for the live edge, or the end
   */
  arrange(kept, at = kept ? this.now() : null) {
    const { runs } = this.data;
    this.values = moments(runs, this.by);
    const last = Math.max(...runs.map((run) => endOf(run, this.by))); // more is logged than looked at
    const live = runs.filter((run) => run.live).map((run) => run[TIMES[this.by]].at(-1));
    const newest = live.length ? this.values.indexOf(Math.max(...live)) : this.values.length - 1;
    const edge = newest < this.values.length - 1 ? newest : null; // beside a longer recording
    const unit = this.by === "step" ? 10 : Math.max(0.05, last / 2000); // where it becomes logarithmic
    const stays = this.transport.set(
      {
        count: this.values.length,
        edge,
        perSecond: FRAMES_A_SECOND,
        name: "Training progress",
        ends: [this.by === "step" ? "step 0" : "start", live.length && edge === null ? "live" : "end"],
        label: (frame) => (this.by === "step" ? `step ${this.values[frame].toLocaleString()}` : `${this.values[frame].toFixed(1)} s`),
      },
      kept
    );
    if (at !== null && !stays) {
      const place = within(this.values, at); // among the frames that there are now
      const frame = Math.round(place);
      this.transport.head.position = Math.abs(place - frame) < CLOSE ? frame : place;
      this.transport.mark(this.transport.head.position);
    }
    const axis = this.options.axis(unit, Math.max(last, 1e-3), this.by === "step" ? "step" : "s");
    this.charts.set(runs, this.by, axis, this.probe, this.data.colours.series, this.options);
    this.show(this.transport.head.position);
  }

  /** The moment at which the playhead stands, by its clock. */
  now() {
    return valueAt(this.values, this.transport.head.position);
  }

  show(position) {
    const value = valueAt(this.values, position);
    this.recordings.forEach((recording) => recording.show(within(recording.run[TIMES[this.by]], value)));
    this.charts.draw(value);
  }

  get rowsAre() {
    return "Parameters θ and class probabilities, for every example at every recorded step";
  }

  rows() {
    return rowsOf(this.data.runs);
  }

  curveRows() {
    return this.data.runs.flatMap(({ name, history }) => historyRowsOf(history).map((row) => ({ training: name, ...row })));
  }

  /** Where the playhead stands, by which clock, and which probe is chosen. */
  state() {
    return { by: this.by, [this.by]: this.now(), probe: this.probe };
  }

  /** Go where a link has it; an older one has a frame by step alone. False where that is not. */
  restore({ position, ...place }) {
    if (!this.linked) return true; // the visitor has been elsewhere since
    const steps = moments(this.data.runs, "step");
    const requested = position === undefined ? place : { step: position <= steps.length - 1 ? valueAt(steps, position) : null };
    if (!this.go(requested, true)) return false;
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

  /** For a reload, another view, or a comparison with another training. */
  keep() {
    keepBookmark(this.data.runs[0].recording, { ...this.state(), live: this.transport.head.isLive });
  }

  redraw() {
    if (this.values) this.show(this.transport.head.position);
  }

  stop() {
    this.transport.head.pause();
  }
}
