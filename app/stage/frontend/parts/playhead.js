/** Time: a change that plays once, and a playhead on a list of recorded frames. */

export const ARRIVE_SECONDS = 0.8; // a new image's grid goes from the identity to its prediction
export const FOLLOW_SECONDS = 0.12; // the grid goes after the network's answer to a moved input

export const reducedMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Slow at both ends. */
const ease = (share) => share * share * (3 - 2 * share);

/** Plays a share from 0 to 1, one call a frame; with reduced motion it jumps. */
export class Change {
  /** @param {(share: number) => void} show  @param {(share: number) => number} pace  at what share of its time */
  constructor(show, pace = ease) {
    Object.assign(this, { show, pace });
  }

  play(seconds) {
    this.stop();
    if (reducedMotion()) return this.show(1);
    const begun = performance.now();
    const tick = (now) => {
      const share = Math.min(1, Math.max(0, now - begun) / (1000 * seconds));
      this.frame = share < 1 ? requestAnimationFrame(tick) : 0;
      this.show(this.pace(share));
    };
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}

/**
 * A position on frames 0, 1, ..., count − 1, which may lie between two of them. It is the user's:
 * frames that are added never move it, unless it stands on the edge, which is "live": the last one, or that
 * of a training that runs where another's recording is longer.
 */
export class Playhead {
  /** @param {(position: number) => void} show  @param {() => void} rest  it has come to rest */
  constructor(show, rest) {
    Object.assign(this, { show, rest, count: 1, edge: null, perSecond: 1, position: 0, rate: 1, loop: false });
    this.frame = 0;
  }

  get last() {
    return this.count - 1;
  }

  /** The frame that is live. */
  get liveFrame() {
    return this.edge ?? this.last;
  }

  get isLive() {
    return this.edge === null ? this.position >= this.last : this.position === this.edge;
  }

  get playing() {
    return this.frame !== 0;
  }

  toggle() {
    if (this.playing) {
      this.pause();
      this.rest();
    } else this.play();
  }

  play() {
    if (this.position >= this.last) this.position = 0;
    const jumps = reducedMotion(); // from frame to frame; if there are but two, to the end
    if (jumps && this.count === 2) return this.seek(this.last);
    let before = performance.now();
    let beyond = 0; // the whole frame, where only whole ones are shown
    const tick = (now) => {
      let reached = this.position + beyond + (Math.max(0, now - before) / 1000) * this.perSecond * this.rate;
      before = now;
      if (reached >= this.last) reached = this.loop ? 0 : this.last;
      const ended = reached === this.last;
      this.frame = ended ? 0 : requestAnimationFrame(tick);
      this.position = jumps ? Math.floor(reached) : reached;
      beyond = reached - this.position;
      this.show(this.position);
      if (ended) this.rest();
    };
    this.frame = requestAnimationFrame(tick);
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  seek(position) {
    this.pause();
    this.position = Math.max(0, Math.min(this.last, position));
    this.show(this.position);
    this.rest();
  }

  /** One frame on or back; of two frames, a tenth of the way. */
  step(direction) {
    const size = this.count === 2 ? 0.1 : 1;
    const steps = this.position / size + direction * (1 + 1e-6); // to the next whole one
    this.seek(size * (direction > 0 ? Math.floor(steps) : Math.ceil(steps)));
  }

  /** There are so many frames now; edge: which of them is live, null for the last. */
  extend(count, edge = null) {
    const live = this.isLive && !this.playing && (edge !== null || this.edge === null);
    Object.assign(this, { count, edge });
    if (live) this.position = this.liveFrame;
    return live;
  }
}
