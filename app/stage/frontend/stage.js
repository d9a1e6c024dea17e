/** What is on the stage: one large pair with sliders and handles, or a strip of small ones. */
import { between } from "./grid.js";
import { Handles } from "./handles.js";
import { Inspector } from "./inspect.js";
import { Pair, element } from "./pair.js";
import { Playhead, ease } from "./playhead.js";

const REST_MILLISECONDS = 150; // a θ that has not moved for so long is reported to Python
const PLAY_SECONDS = 2;
const ARRIVE_SECONDS = 0.8; // a new image's grid goes from the identity to its prediction
const MORPH_SECONDS = 0.4; // a training's grids go from one snapshot to the next

const NARROW_PIXELS = 540; // as in stage.css; there the sliders are folded away at first
const MANY = 8; // sliders; more of them are folded away, too

/** Two digits after the point, no −0, and large numbers in short. */
const short = (value) =>
  Math.abs(value) < 1000 ? (Math.round(100 * value) / 100).toFixed(2) : value.toExponential(1);

export class Stage {
  constructor(root) {
    this.root = root;
    this.pairs = [];
    this.resizes = new ResizeObserver(() => this.pairs.forEach((pair) => pair.redraw()));
    this.resizes.observe(root);
    this.arrival = new Playhead((share) => this.travel(ease(share)));
    this.playhead = new Playhead((share) => this.scrubTo(share));
    this.morph = new Playhead((share) => this.morphTo(ease(share)));
  }

  dispose() {
    this.resizes.disconnect();
    this.halt();
  }

  /** Nothing moves on by itself, and nothing waits to be reported. */
  halt() {
    [this.arrival, this.playhead, this.morph].forEach((playhead) => playhead.stop());
    clearTimeout(this.rest);
  }

  update(data, setStateValue, setTriggerValue) {
    const before = this.data;
    this.data = data;
    this.setState = setStateValue;
    this.setTrigger = setTriggerValue;
    const sameShape = before && before.layout === data.layout && before.items.length === data.items.length;
    if (sameShape && before.token === data.token) return; // a rerun that brought nothing new
    if (data.layout === "strip") this.showStrip(before, sameShape);
    else this.showLarge();
  }

  // -- the strip

  showStrip(before, sameShape) {
    if (sameShape && this.data.series && before.series === this.data.series) {
      // The same images a little later in a training: let the grids move on.
      this.from = this.pairs.map((pair) => pair.theta);
      this.pairs.forEach((pair) => (pair.data = this.data));
      this.labels.forEach((label, i) => (label.textContent = this.data.items[i].label));
      if (this.data.transform) this.morph.play(MORPH_SECONDS);
      return;
    }
    this.pairs = this.data.items.map((item) => new Pair(item, this.data));
    this.labels = this.data.items.map((item) =>
      element("span", { className: "label", textContent: item.label })
    );
    const cells = this.data.items.map((item, i) => {
      const kind = this.data.selectable ? "button" : "div";
      const cell = element(kind, { className: "cell" }, this.pairs[i].panes, this.labels[i]);
      if (this.data.selectable) {
        cell.type = "button";
        cell.setAttribute("aria-pressed", String(item.id === this.data.selected));
        cell.onclick = () => this.setTrigger("selected", item.id);
      }
      return cell;
    });
    const strip = element("div", { className: "strip" }, ...cells);
    strip.style.setProperty("--cells", cells.length);
    this.root.replaceChildren(strip);
    this.pairs.forEach((pair) => pair.redraw()); // now that the canvases have a size
  }

  morphTo(share) {
    this.pairs.forEach((pair, i) => {
      const item = this.data.items[i];
      pair.show(item, between(this.from[i], item.theta, share));
    });
  }

  // -- the large pair

  showLarge() {
    const { data } = this;
    const [item] = data.items;
    this.halt();
    this.pairs = [new Pair(item, data)];
    const parts = [this.pairs[0].panes];
    if (data.transform) {
      this.play = element("button", { type: "button", className: "play" });
      this.play.onclick = () => this.togglePlay();
      this.scrub = element("input", { type: "range", min: 0, max: 1, step: 0.001, value: 1 });
      this.scrub.setAttribute("aria-label", "From the identity to the prediction");
      this.scrub.oninput = () => {
        const share = Number(this.scrub.value);
        this.handle(this.at(share), this.scrub, share);
      };
      const identity = element("button", { type: "button", textContent: "Identity" });
      identity.onclick = () => this.handle(this.at(0), this.scrub, 0);
      this.back = element("button", { type: "button", textContent: "Back to prediction" });
      this.back.onclick = () => this.handle(item.theta, this.scrub, 1);
      const end = (text) => element("span", { className: "end", textContent: text });
      parts.push(
        element(
          "div",
          { className: "transport" },
          this.play,
          element("label", {}, end("identity"), this.scrub, end("prediction")),
          element("div", { className: "buttons" }, identity, this.back)
        ),
        this.sliders()
      );
    }
    this.root.replaceChildren(...parts);
    this.root.classList.toggle("compact", Boolean(data.compact));
    if (data.transform) {
      const { square } = this.pairs[0].u;
      const { corner } = data.colours;
      this.inspector = new Inspector(this.pairs[0]);
      this.pairs[0].panes.after(this.inspector.note);
      this.handles = new Handles(square, data.transform, corner, (theta) => this.handle(theta));
      this.setPlaying(false);
      this.arrival.play(ARRIVE_SECONDS);
    } else this.pairs[0].redraw();
  }

  sliders() {
    const { transform, items } = this.data;
    this.inputs = transform.names.map((name, p) => {
      const [low, high] = transform.ranges[p];
      const reach = Math.max(Math.abs(items[0].theta[p]) * 1.1, high);
      const range = element("input", {
        type: "range", min: Math.min(low, -reach), max: reach, step: 0.01,
      });
      const number = element("input", { type: "number", step: 0.01 });
      range.setAttribute("aria-label", name);
      number.setAttribute("aria-label", `${name}, typed`);
      for (const input of [range, number]) {
        input.oninput = () => {
          const value = Number(input.value);
          if (input.value === "" || !Number.isFinite(value)) return;
          this.handle(this.theta.map((old, q) => (q === p ? value : old)), input);
        };
      }
      return { range, number };
    });
    const rows = this.inputs.map(({ range, number }, p) => {
      const name = transform.names[p].replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
      const label = element("span", { className: "name", textContent: name });
      return element("div", { className: "slider" }, label, range, number);
    });
    const sliders = element("div", { className: "sliders" }, ...rows);
    sliders.style.setProperty("--columns", transform.slidersInRow);
    const roomy = !this.data.compact && this.root.clientWidth > NARROW_PIXELS;
    const open = roomy && transform.names.length <= MANY;
    const summary = element("summary", { textContent: "θ in numbers" });
    return element("details", { open }, summary, sliders);
  }

  at(share) {
    return between(this.data.transform.identity, this.data.items[0].theta, share);
  }

  /** The first showing: nothing is reported, since the prediction is where it ends. */
  travel(share) {
    this.showTheta(this.at(share));
    this.scrub.value = share;
  }

  scrubTo(share) {
    this.scrub.classList.remove("off");
    this.scrub.value = share;
    this.showTheta(this.at(ease(share)));
    if (share === 1) {
      this.setPlaying(false);
      this.report();
    }
  }

  togglePlay() {
    this.arrival.stop();
    if (this.playhead.playing) {
      this.playhead.stop();
      this.setPlaying(false);
      this.report();
    } else {
      this.setPlaying(true);
      this.playhead.play(PLAY_SECONDS);
    }
  }

  setPlaying(playing) {
    this.play.textContent = playing ? "❚❚ Pause" : "▶ Play";
  }

  /**
   * A hand has moved θ.
   * @param {number[]} theta
   * @param {HTMLElement} [held]  the input that it holds
   * @param {number} [share]  where that is on the way from the identity to the prediction
   */
  handle(theta, held, share) {
    this.halt();
    this.setPlaying(false);
    this.showTheta(theta, held);
    this.scrub.classList.toggle("off", share === undefined); // θ is not on that way
    if (share !== undefined) this.scrub.value = share;
    this.rest = setTimeout(() => this.report(), REST_MILLISECONDS);
  }

  showTheta(theta, held) {
    this.theta = theta;
    this.pairs[0].show(this.data.items[0], theta);
    this.handles.show(theta);
    this.inspector.refresh();
    this.inputs.forEach(({ range, number }, p) => {
      if (range !== held) range.value = theta[p];
      if (number !== held) number.value = short(theta[p]);
    });
    this.back.disabled = this.isPrediction();
  }

  isPrediction() {
    return this.theta.every((value, p) => Math.abs(value - this.data.items[0].theta[p]) < 1e-6);
  }

  /** Tell Python: θ, and for which image; nothing where it is the prediction. */
  report() {
    const theta = this.isPrediction() ? null : this.theta;
    this.setState("override", { token: this.data.token, theta });
  }
}
