/** Plays a share from one value to 1, one call a frame; with reduced motion it jumps. */

export class Playhead {
  /** @param {(share: number) => void} show  called with the share in [0, 1], 1 at the end */
  constructor(show) {
    this.show = show;
    this.frame = 0;
  }

  get playing() {
    return this.frame !== 0;
  }

  /**
   * @param {number} seconds  for the whole way from 0 to 1
   * @param {number} [from]  where to begin
   */
  play(seconds, from = 0) {
    this.stop();
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.show(1);
      return;
    }
    let begun;
    const tick = (now) => {
      begun ??= now - from * seconds * 1000;
      const share = Math.min(1, (now - begun) / (seconds * 1000));
      this.frame = share < 1 ? requestAnimationFrame(tick) : 0;
      this.show(share);
    };
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}

/** Slow at both ends. */
export const ease = (share) => share * share * (3 - 2 * share);
