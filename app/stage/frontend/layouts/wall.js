/** Co-localisation, replayed: three images large, all of them small, and the box on each. */
import { button, element, press } from "../dom.js";
import { between } from "../maths/grid.js";
import { bookmarkOf, keepBookmark } from "../output/bookmarks.js";
import { exporter } from "../output/export.js";
import { AnswerPlayer } from "../parts/answers.js";
import { CurveOptions } from "../parts/curve_options.js";
import { Curves } from "../parts/curves.js";
import { paintPixels } from "../parts/drawing.js";
import { rowsOf } from "../parts/series.js";
import { Transport } from "../parts/transport.js";

const FRAMES_A_SECOND = 10;
const LARGE_IMAGES = 3; // Fig. 4
const LOCALISED = 0.5; // an overlap above this
const LOGARITHMIC = 10; // the step from which the playhead's frames are spaced so

/** Intersection over union of two boxes (s, t_x, t_y). */
function overlap([s, x, y], [r, u, v]) {
  const along = (a, b) => Math.max(0, Math.min(a + s, b + r) - Math.max(a - s, b - r));
  const both = along(x, u) * along(y, v);
  return both / (4 * s * s + 4 * r * r - both);
}

/** Put a box where θ of Attention says, in percent of its image. */
function placeBox(box, [s, x, y]) {
  const percent = (value) => `${50 * value}%`;
  box.style.left = percent(1 + x - s);
  box.style.top = percent(1 + y - s);
  box.style.width = box.style.height = percent(2 * s);
}

/** An image with its box, and the true one. */
class View {
  constructor() {
    this.pixels = element("canvas");
    this.box = element("i", { className: "box" });
    this.truth = element("i", { className: "truth" });
    this.node = element("div", { className: "boxed" }, this.pixels, this.truth, this.box);
    this.node.setAttribute("role", "img");
  }

  show(source, alt, truth) {
    paintPixels(this.pixels, source);
    this.node.setAttribute("aria-label", alt);
    this.truth.hidden = !truth;
    if (truth) placeBox(this.truth, truth);
  }
}

export class Wall {
  /** @param {HTMLElement} root  @param {{tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python, revealed: false, sorted: false });
    this.player = new AnswerPlayer(root);
    this.curveOptions = new CurveOptions(() => this.arrange(true));
  }

  update(data) {
    const before = this.data;
    this.data = data;
    if (before?.shape !== data.shape) return this.build();
    this.arrange(true);
  }

  build() {
    const { data } = this;
    this.stop();
    this.chosen = [...data.first];
    this.transport = new Transport((position) => this.scrub(position), () => this.report());
    this.transport.more.append(exporter(this));
    this.summary = element("p", { className: "title" });
    this.said = element("p", { className: "unseen", role: "status" }); // the same, when it rests
    this.charts = [new Curves("Loss (Eq. 8)", true), new Curves("Gradient norm, localisation network"), new Curves("Learning rate", true)];
    if (data.truth) this.charts.unshift(new Curves("Localised, %", true, [0, 100]), new Curves("Mean overlap (IoU)", true, [0, 1]));
    this.root.style.setProperty("--box", data.colours.box);
    this.root.style.setProperty("--truth", data.colours.truth);
    const [first, ...rest] = this.charts.map(({ node }) => node);
    this.root.replaceChildren(
      this.transport.node,
      element("div", { className: "scene" }, this.makeLarges(), first),
      element("div", { className: "choices" }, this.summary, this.said, this.options()),
      this.makeThumbs(),
      this.curveOptions.node,
      element("div", { className: "charts" }, ...rest)
    );
    this.arrange(false);
    if (!this.transport.comeBack(bookmarkOf(data.token), data.steps) && !data.live && data.begin === 0) {
      this.transport.playOnce();
    }
  }

  makeLarges() {
    this.larges = this.chosen.map(() => new View());
    this.names = this.larges.map(() => element("figcaption"));
    const figures = this.larges.map(({ node }, i) => element("figure", {}, node, this.names[i]));
    return element("div", { className: "larges" }, ...figures);
  }

  /** Every image, as a button that shows it large. */
  makeThumbs() {
    this.views = this.data.sources.map((source, i) => {
      const view = new View();
      view.show(source, this.alt(i), null);
      return view;
    });
    this.cells = this.views.map(({ node }, i) => {
      const title = `Show image ${i + 1} large`;
      const onclick = () => this.choose(i);
      return element("button", { type: "button", className: "thumb", title, ariaLabel: title, onclick }, node);
    });
    this.thumbs = element("div", { className: "thumbs" }, ...this.cells);
    return this.thumbs;
  }

  alt(i) {
    return `Image ${i + 1} with its predicted box`;
  }

  /** Whether the truth is shown, and how the wall is ordered. */
  options() {
    const toggle = (text, title, name, onChange) => {
      const made = button(text, () => {
        this[name] = !this[name];
        press([made], () => this[name]);
        onChange();
      }, { title });
      press([made], () => this[name]);
      return made;
    };
    const reveal = () => toggle("Show true boxes", "Where the digits really are; the method never sees this", "revealed", () => this.reveal());
    const order = () => toggle("Worst first", "Sort the images by their overlap at the end", "sorted", () => this.order());
    this.switches = element("div", { className: "buttons" }, ...(this.data.truth ? [reveal(), order()] : []));
    return this.switches;
  }

  choose(i) {
    const at = this.chosen.indexOf(i);
    if (at >= 0) this.chosen.splice(at, 1);
    this.chosen = [i, ...this.chosen].slice(0, LARGE_IMAGES);
    if (this.chosen.length < LARGE_IMAGES) this.chosen.push(this.data.first.find((k) => !this.chosen.includes(k)));
    this.reveal();
    this.report();
  }

  order() {
    const { truth, thetas, steps } = this.data;
    const last = steps.length - 1;
    const order = this.cells.map((_, i) => i);
    if (this.sorted) {
      const overlaps = order.map((i) => overlap(thetas(last, i), truth[i]));
      order.sort((a, b) => overlaps[a] - overlaps[b]);
    }
    this.thumbs.replaceChildren(...order.map((i) => this.cells[i]));
  }

  /** The large images, and the truth on all of them if it is to be seen. */
  reveal() {
    const { sources, truth } = this.data;
    const known = this.revealed && truth;
    this.chosen.forEach((i, n) => this.larges[n].show(sources[i], this.alt(i), known && truth[i]));
    this.views.forEach(({ truth: box }, i) => {
      box.hidden = !known;
      if (known) placeBox(box, truth[i]);
    });
    press(this.cells, (_, i) => this.chosen.includes(i));
    this.show(this.transport.head.position);
  }

  arrange(kept) {
    const { data } = this;
    const { steps, history } = data;
    const axis = this.curveOptions.axis(LOGARITHMIC, Math.max(1, steps[steps.length - 1]), "step");
    this.transport.set(
      {
        count: steps.length,
        perSecond: FRAMES_A_SECOND,
        name: "Training progress",
        ends: ["step 0", data.live ? "live" : "end"],
        label: (frame) => `step ${steps[frame].toLocaleString()}`,
      },
      kept
    );
    const line = (y, n) => [{ name: "", colour: data.colours.series[n], dash: 0, x: steps, y, noisy: y === history.loss || y === history.localisation }];
    for (const chart of this.charts) chart.arrange(this.curveOptions);
    const learnt = [history.loss, history.localisation, history.rate];
    const parts = data.truth ? [history.localised, history.overlap, ...learnt] : learnt;
    this.charts.forEach((chart, n) => chart.set(line(parts[n], n), axis));
    this.reveal();
  }

  scrub(position) {
    this.player.stop();
    this.show(position);
  }

  /** The answer to a question: frames of the playhead's ``position``; and the true boxes. */
  play(answer) {
    this.player.stop();
    this.transport.head.pause();
    this.transport.marks();
    this.setRevealed(answer.settings.revealed);
    const show = ({ position: [position] }) => {
      this.transport.head.position = position;
      this.transport.mark(position);
      this.show(position);
    };
    this.player.play(answer, show, () => this.report());
  }

  setRevealed(revealed) {
    this.revealed = Boolean(revealed);
    this.markSwitches();
    this.reveal();
  }

  markSwitches() {
    press(this.switches.querySelectorAll("button"), (_, i) => [this.revealed, this.sorted][i]);
  }

  show(position) {
    const { steps, thetas, truth } = this.data;
    const first = Math.min(Math.floor(position), steps.length - 1);
    const second = Math.min(first + 1, steps.length - 1);
    const share = position - first;
    const boxes = this.views.map((_, i) => between(thetas(first, i), thetas(second, i), share));
    this.views.forEach(({ box }, i) => placeBox(box, boxes[i]));
    this.chosen.forEach((i, n) => {
      placeBox(this.larges[n].box, boxes[i]);
      const quality = this.revealed && truth ? `, overlap ${overlap(boxes[i], truth[i]).toFixed(2)}` : "";
      this.names[n].textContent = `image ${i + 1}${quality}`;
    });
    const words = [`step ${steps[Math.round(position)].toLocaleString()}`];
    if (truth) {
      const overlaps = boxes.map((box, i) => overlap(box, truth[i]));
      const hits = overlaps.filter((value) => value > LOCALISED).length;
      const mean = overlaps.reduce((a, b) => a + b, 0) / overlaps.length;
      words.push(`${hits} of ${overlaps.length} localised`, `mean overlap ${mean.toFixed(2)}`);
      this.views.forEach(({ node }, i) => node.classList.toggle("found", this.revealed && overlaps[i] > LOCALISED));
    }
    this.summary.textContent = words.join(" · ");
    for (const chart of this.charts) chart.draw(steps[first] + share * (steps[second] - steps[first]));
  }

  /** Tell Python, and keep the place. */
  report() {
    const { token, steps } = this.data;
    this.said.textContent = this.summary.textContent;
    keepBookmark(token, this.transport.place(steps));
    this.python.tell({ token, position: this.transport.head.position, chosen: this.chosen });
  }

  get rowsAre() {
    return "Every image's box at every recorded step" + (this.data.truth ? ", and its overlap with the true box" : "");
  }

  rows() {
    const { steps, thetas, count, truth } = this.data;
    return steps.flatMap((step, frame) =>
      [...Array(count).keys()].map((i) => {
        const [s, x, y] = thetas(frame, i);
        return { step, image: i + 1, s, t_x: x, t_y: y, ...(truth ? { overlap: overlap([s, x, y], truth[i]) } : {}) };
      })
    );
  }

  curveRows() {
    return rowsOf({ step: this.data.steps, ...this.data.history });
  }

  state() {
    const { revealed, sorted, chosen } = this;
    return { position: this.transport.head.position, chosen, revealed, sorted };
  }

  restore({ position, chosen, revealed, sorted }) {
    const known = Array.isArray(chosen) && chosen.length === this.chosen.length && chosen.every((i) => i in this.cells);
    if (!known || !(position >= 0 && position <= this.transport.head.last)) return false;
    this.chosen = chosen;
    Object.assign(this, { revealed: Boolean(revealed), sorted: Boolean(sorted) });
    this.markSwitches();
    if (this.data.truth) this.order();
    this.reveal();
    this.transport.head.seek(position);
    return true;
  }

  redraw() {
    if (this.views) this.show(this.transport.head.position);
  }

  stop() {
    this.player.leave();
    this.transport?.head.pause();
  }
}
