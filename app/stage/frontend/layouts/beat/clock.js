/** Time that runs out, in whole seconds for the eye. */
import { element } from "../../dom.js";

const TICK_MILLISECONDS = 100;
const LAST_SECONDS = 10; // that are marked

export class Clock {
  /** @param {() => void} onOver */
  constructor(onOver) {
    Object.assign(this, { onOver, seconds: Infinity, before: 0, ticking: 0 });
    this.node = element("p", { className: "clock", role: "timer", ariaLabel: "Time left" });
  }

  /** Not running; full, or with so many seconds spent. */
  set(seconds, spent = 0) {
    this.stop();
    Object.assign(this, { seconds, before: spent });
    this.show(seconds - spent);
  }

  start() {
    this.began = performance.now();
    this.ticking = setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  /** While it was running, in seconds: no more than there were. */
  get spent() {
    const running = this.ticking ? (performance.now() - this.began) / 1000 : 0;
    return Math.min(this.seconds, this.before + running);
  }

  tick() {
    const left = this.seconds - this.spent;
    this.show(left);
    if (left <= 0) this.onOver();
  }

  show(left) {
    const words = `${Math.ceil(left)} s`;
    if (words === this.node.textContent) return;
    this.node.textContent = words;
    this.node.classList.toggle("last", left <= LAST_SECONDS);
    this.node.style.setProperty("--left", left / this.seconds);
  }

  stop() {
    this.before = this.spent;
    clearInterval(this.ticking);
    this.ticking = 0;
  }
}
