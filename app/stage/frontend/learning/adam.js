/** Adam (Kingma and Ba, 2015) on a network's parameters, as torch has it. */

const [FIRST, SECOND, EPSILON] = [0.9, 0.999, 1e-8];

export class Adam {
  /** @param {number} count  of the parameters */
  constructor(count) {
    this.first = new Float32Array(count);
    this.second = new Float32Array(count);
    this.steps = 0;
  }

  /** A step of the first parameters, up to an index; the others rest. */
  update(params, slopes, rate, to) {
    const { first, second } = this;
    const steps = (this.steps += 1);
    const size = rate / (1 - FIRST ** steps);
    const scale = 1 / Math.sqrt(1 - SECOND ** steps);
    for (let i = 0; i < to; i++) {
      const slope = slopes[i];
      const mean = FIRST * first[i] + (1 - FIRST) * slope;
      const square = SECOND * second[i] + (1 - SECOND) * slope * slope;
      first[i] = mean;
      second[i] = square;
      params[i] -= (size * mean) / (Math.sqrt(square) * scale + EPSILON);
    }
  }

  /** Where another one stands, for the first parameters, up to an index. */
  goOn({ first, second, steps }, to) {
    this.first.set(first.subarray(0, to));
    this.second.set(second.subarray(0, to));
    this.steps = steps;
  }
}
