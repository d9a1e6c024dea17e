/** The digits that this tab trains on, and where they come from, in words. */
import { element } from "../dom.js";
import { provide } from "../learning/digits.js";

export class Digits {
  constructor(root) {
    this.root = root;
  }

  update(data) {
    this.data = data;
    this.root.replaceChildren(element("p", { className: "words", textContent: data.words }));
    provide(data.digits);
  }

  redraw() {}

  stop() {}
}
