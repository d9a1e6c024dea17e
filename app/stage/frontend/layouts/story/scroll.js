/** The place in a story by how far the page is scrolled, while its figure stays in sight. */
import { reducedMotion } from "../../parts/playhead.js";

const ZONE = 0.55; // of the window's height, from one step to the next
const SCROLLER = "[data-testid='stMain']";
const SETTLED_MILLISECONDS = 150; // without a scroll: it has come to rest

export class Scroll {
  /**
   * @param {HTMLElement} root  as high as the story is long
   * @param {HTMLElement} sticky  in it: what stays in sight
   * @param {HTMLElement} track  in it, below: what there is to scroll
   * @param {number} count  of the steps
   * @param {(step: number) => void} onStep
   */
  constructor(root, sticky, track, count, onStep) {
    Object.assign(this, { root, sticky, track, count, onStep, step: 0 });
    this.scroller = root.getRootNode().host?.closest(SCROLLER) ?? root.closest(SCROLLER) ?? document.scrollingElement;
    this.listener = () => this.moved();
    this.scroller.addEventListener("scroll", this.listener, { passive: true });
    this.measure();
  }

  /** The window has another size, or stage mode has ended: the step that is shown stays. */
  measure() {
    const [zone, wasOn] = [this.zone, this.on];
    this.zone = ZONE * window.innerHeight;
    this.track.style.height = `${(this.count - 1) * this.zone}px`;
    this.on = this.isOn;
    if (zone && (zone !== this.zone || this.on !== wasOn) && this.step > 0 && this.on) this.goTo(this.step, true);
  }

  /** How far the root has gone up beyond where its figure stays. */
  get passed() {
    return this.top - this.root.getBoundingClientRect().top;
  }

  get top() {
    return Number.parseFloat(getComputedStyle(this.sticky).top) + this.scroller.getBoundingClientRect().top || 0;
  }

  /** Whether there is anything to scroll: not in stage mode. */
  get isOn() {
    return this.track.offsetHeight > 0;
  }

  moved() {
    if (!this.isOn) return;
    if (this.going) this.waitForRest(); // on its way to a step that is shown already
    else this.look();
  }

  /** Which step the page has been scrolled to. */
  look() {
    const step = Math.max(0, Math.min(this.count - 1, Math.round(this.passed / this.zone)));
    if (step === this.step) return;
    this.step = step;
    this.onStep(step);
  }

  waitForRest() {
    this.going = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.going = false;
      this.look();
    }, SETTLED_MILLISECONDS);
  }

  /** Bring the page to where this step is. @param {boolean} quick  at once */
  to(step, quick = reducedMotion()) {
    if (this.step === step) return;
    this.step = step;
    if (!this.isOn) return;
    this.goTo(step, quick);
  }

  goTo(step, quick) {
    this.waitForRest();
    const by = step * this.zone - this.passed;
    this.scroller.scrollBy({ top: by, behavior: quick ? "instant" : "smooth" });
  }

  stop() {
    clearTimeout(this.rest);
    this.scroller.removeEventListener("scroll", this.listener);
  }
}
