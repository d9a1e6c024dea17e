/** A page without a picture, or the foot of one: nothing is to be seen, but its keys work. */

export class Bare {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  update(data) {
    this.data = data;
  }

  redraw() {}

  stop() {}
}
