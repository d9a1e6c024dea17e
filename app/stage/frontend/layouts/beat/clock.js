/** Time that runs out, in whole seconds for the eye. */
import { element } from "../../dom.js";

const TICK_MILLISECONDS = 100;
const LAST_SECONDS = 10; // that are marked

export class Clock {
  /** @param {() => void} onOver */
  constructor(onOver) {
    this.onOver = onOver;
    this.node = element("p", { className: "clock", role: "timer", ariaLabel: "Time left" });
  }

  /** Full, and not running. */
  set(seconds) {
    this.stop();
    this.seconds = seconds;
    this.show(seconds);
  }

  start() {
    this.began = performance.now();
    this.ticking = setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  /** Since the start, in seconds: no more than there were. */
  get spent() {
    return Math.min(this.seconds, (performance.now() - this.began) / 1000);
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
    clearInterval(this.ticking);
  }
}
