/** Values over a training without an end, in a bounded number of points: where they are many, two become one. */

const MOST = 400;

export class Record {
  /** @param {number} count  of the values of a point */
  constructor(count) {
    Object.assign(this, { count, every: 1, waiting: [] });
    this.x = [];
    this.y = Array.from({ length: count }, () => []);
  }

  /** @param {ArrayLike<number>} values */
  push(x, values) {
    this.waiting.push([x, ...values]);
    if (this.waiting.length < this.every) return;
    const mean = (n) => this.waiting.reduce((sum, one) => sum + one[n], 0) / this.waiting.length;
    this.x.push(x);
    this.y.forEach((list, n) => list.push(mean(n + 1)));
    this.waiting = [];
    if (this.x.length >= MOST) this.halve();
  }

  halve() {
    this.every *= 2;
    this.y = this.y.map((list) => list.flatMap((value, i) => (i % 2 ? [(list[i - 1] + value) / 2] : [])));
    this.x = this.x.filter((_, i) => i % 2);
  }
}
