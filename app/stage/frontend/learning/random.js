/** Random numbers that a seed fixes: the 32-bit generator mulberry32, which a dozen lines of any language repeat. */

const WEYL = 0x6d2b79f5;

export class Random {
  /** @param {number} seed  @param {number} stream  of the seed: weights, batches and tests have one each */
  constructor(seed, stream = 0) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca77);
  }

  /** 32 bits. */
  bits() {
    this.state = (this.state + WEYL) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Evenly distributed in [low, high). */
  uniform(low, high) {
    return low + (high - low) * (this.bits() / 2 ** 32);
  }

  /** A whole number from 0 to count − 1. */
  below(count) {
    return Math.floor(this.uniform(0, count));
  }
}
