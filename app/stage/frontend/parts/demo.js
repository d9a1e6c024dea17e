/** A change that is shown once, until it is done or somebody takes the figure in hand. */
import { Change, reducedMotion } from "./playhead.js";

const BEGIN_MILLISECONDS = 900; // what is to be seen is read first, and a step that is scrolled past does not play

export class Demo {
  /** @param {HTMLElement[]} roots  a touch of them ends the demo */
  constructor(...roots) {
    const end = (event) => event.isTrusted && this.stop();
    for (const kind of ["pointerdown", "keydown"]) {
      roots.forEach((root) => root.addEventListener(kind, end, { capture: true, passive: true }));
    }
  }

  /**
   * Play, after a moment: one call a frame; under reduced motion its last frame alone, at once.
   * @param {number} seconds
   * @param {(share: number) => void} show  of 0 to 1, evenly
   * @param {() => void} [onEnd]  it is done, or was stopped
   */
  play(seconds, show, onEnd) {
    this.stop();
    const seen = (share) => {
      show(share);
      if (share === 1) this.stop();
    };
    this.onEnd = onEnd;
    this.change = new Change(seen, (share) => share);
    if (reducedMotion()) this.change.play(seconds);
    else this.waiting = setTimeout(() => this.change.play(seconds), BEGIN_MILLISECONDS);
  }

  stop() {
    clearTimeout(this.waiting);
    this.change?.stop();
    const { onEnd } = this;
    this.change = this.onEnd = null;
    onEnd?.();
  }
}
