/** The playhead's buttons, its slider and what it stands on. */
import { button, element, press } from "../dom.js";
import { Playhead, reducedMotion } from "./playhead.js";
import { stageModeButton } from "./stage_mode.js";

const RATES = [0.25, 0.5, 1, 2, 4];
const TOUCHES = ["pointerdown", "keydown"];

/**
 * @typedef {object} Track  θ over time
 * @property {number} count
 * @property {(frame: number) => string} label
 * @property {[string, string]} ends  what stands at its two ends
 * @property {number} perSecond  frames, at the rate of 1
 * @property {string} name  for those who do not see it
 * @property {number|null} [edge]  the frame that is live, where it is not the last one
 */

export class Transport {
  /**
   * @param {(position: number) => void} show
   * @param {() => void} rest
   */
  constructor(show, rest) {
    this.present = (position) => {
      this.head.position = position;
      this.mark(position);
      show(position);
    };
    this.head = new Playhead((position) => this.present(position), () => {
      this.marks();
      rest();
    });
    this.scrub = element("input", { type: "range", min: 0, ariaLabel: "Playhead" });
    this.scrub.oninput = () => this.head.seek(Number(this.scrub.value));
    this.scrub.onkeydown = (event) => this.press(event);
    this.ends = [0, 1].map(() => element("span", { className: "end" }));
    this.toEdge = button("Live", () => this.head.seek(this.head.liveFrame), { hidden: true, title: "Jump to the newest step and follow the training" });
    this.where = element("output", { className: "where" });
    this.more = element("div", { className: "buttons more" });
    this.node = element(
      "div",
      { className: "transport" },
      element("div", { className: "buttons" }, ...this.buttons(), this.rates()),
      element("label", {}, this.ends[0], this.scrub, this.ends[1]),
      this.where,
      this.toEdge,
      this.more
    );
  }

  /** Play, a step back, a step on, and again and again. */
  buttons() {
    const labelled = (text, label, onclick) => button(text, onclick, { title: label, ariaLabel: label });
    this.play = labelled("▶", "Play", () => {
      this.head.toggle();
      this.marks();
    });
    this.play.className = "play";
    const back = labelled("◂", "One step back", () => this.head.step(-1));
    const on = labelled("▸", "One step forward", () => this.head.step(1));
    const loop = labelled("⟳", "Loop", () => {
      this.head.loop = !this.head.loop;
      press([loop], () => this.head.loop);
      if (this.head.loop && this.head.position >= this.head.last && !this.head.playing) this.play.click(); // again
    });
    loop.classList.add("loop");
    press([loop], () => this.head.loop);
    return [this.play, back, on, loop, stageModeButton()];
  }

  rates() {
    const rates = RATES.map((rate) =>
      element("option", { value: rate, textContent: `${rate}×`, selected: rate === 1 })
    );
    const select = element("select", { title: "Speed", ariaLabel: "Speed" }, ...rates);
    select.onchange = () => (this.head.rate = Number(select.value));
    return select;
  }

  /** The arrows step from frame to frame, as they do elsewhere on the page. */
  press(event) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    for (let i = 0; i < (event.shiftKey ? 10 : 1); i++) this.head.step(by);
  }

  /** @param {Track} track  @param {boolean} kept  the same one, longer */
  set(track, kept) {
    this.track = track;
    const edge = track.edge ?? null;
    const live = kept && this.head.extend(track.count, edge);
    if (!kept) {
      this.head.pause();
      Object.assign(this.head, { count: track.count, edge });
      this.head.position = this.head.liveFrame;
    }
    this.toEdge.hidden = edge === null;
    this.head.perSecond = track.perSecond;
    this.scrub.max = track.count - 1;
    this.scrub.step = track.count === 2 ? 0.001 : 0.01;
    this.scrub.setAttribute("aria-label", track.name);
    this.ends.forEach((end, i) => (end.textContent = track.ends[i]));
    this.mark(this.head.position);
    this.marks();
    return live;
  }

  /**
   * Stand on the first frame and play once, unasked, until the visitor touches anything; with
   * reduced motion only stand there.
   */
  playOnce() {
    this.head.seek(0);
    if (reducedMotion()) return;
    const touched = (event) => {
      for (const type of TOUCHES) document.removeEventListener(type, touched, true);
      const isOurs = event.key === " " || event.composedPath().includes(this.node); // which pauses it, too
      if (this.head.playing && !isOurs) this.play.click();
    };
    for (const type of TOUCHES) document.addEventListener(type, touched, true);
    this.play.click();
  }

  /** Where it stands among the steps of its frames, to come back to. */
  place(steps) {
    return { step: steps[Math.round(this.head.position)], live: this.head.isLive };
  }

  /** Stand there again; false if there is no such place. */
  comeBack(place, steps) {
    if (!Number.isFinite(place?.step)) return false;
    this.present(place.live ? this.head.liveFrame : Math.max(0, steps.findLastIndex((step) => step <= place.step)));
    return true;
  }

  /** Where the playhead stands. */
  mark(position) {
    this.scrub.classList.remove("off");
    this.scrub.value = position;
    const words = this.track.label(Math.min(this.track.count - 1, Math.round(position)));
    this.where.textContent = words;
    this.scrub.setAttribute("aria-valuetext", words || `${Math.round((100 * position) / (this.track.count - 1))} %`);
  }

  marks() {
    const { playing } = this.head;
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.title = playing ? "Pause" : "Play";
    this.play.setAttribute("aria-label", this.play.title);
  }

  /** A hand has moved θ off the track. */
  leave() {
    this.head.pause();
    this.marks();
    this.scrub.classList.add("off");
    this.where.textContent = "";
  }
}
