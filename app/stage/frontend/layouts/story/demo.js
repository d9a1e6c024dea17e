/** What a step plays by itself until somebody takes the figure in hand. */

import { reducedMotion } from "../../parts/playhead.js";

const BEGIN_MILLISECONDS = 900; // a step is read before it plays, and one that is scrolled past does not

export class Demo {
  /** @param {HTMLElement} root  a touch of it ends the demo */
  constructor(root) {
    const end = (event) => event.isTrusted && this.stop();
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, end, { capture: true, passive: true });
  }

  /**
   * Play, after a moment: one call a frame; under reduced motion its last frame alone.
   * @param {number} seconds
   * @param {(share: number) => boolean|void} show  of 0 to 1; true ends it
   */
  play(seconds, show) {
    this.stop();
    if (reducedMotion()) return void show(1);
    this.waiting = setTimeout(() => {
      const begun = performance.now();
      const tick = (now) => {
        const share = Math.min(1, Math.max(0, now - begun) / (1000 * seconds));
        this.frame = share < 1 ? requestAnimationFrame(tick) : 0;
        if (show(share)) this.stop();
      };
      this.frame = requestAnimationFrame(tick);
    }, BEGIN_MILLISECONDS);
  }

  stop() {
    clearTimeout(this.waiting);
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}
