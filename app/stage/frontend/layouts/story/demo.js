/** What a step plays by itself until somebody takes the figure in hand. */
import { Change, reducedMotion } from "../../parts/playhead.js";

const BEGIN_MILLISECONDS = 900; // a step is read before it plays, and one that is scrolled past does not

export class Demo {
  /** @param {HTMLElement} root  a touch of it ends the demo */
  constructor(root) {
    const end = (event) => event.isTrusted && this.stop();
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, end, { capture: true, passive: true });
  }

  /**
   * Play, after a moment: one call a frame; under reduced motion its last frame alone, at once.
   * @param {number} seconds
   * @param {(share: number) => void} show  of 0 to 1, evenly
   */
  play(seconds, show) {
    this.stop();
    this.change = new Change(show, (share) => share);
    if (reducedMotion()) this.change.play(seconds);
    else this.waiting = setTimeout(() => this.change.play(seconds), BEGIN_MILLISECONDS);
  }

  stop() {
    clearTimeout(this.waiting);
    this.change?.stop();
  }
}
