/**
 * Networks' answers in one line at the foot of a narrow screen, for as long as their full account is
 * below it: a finger that drags the input sees them change.
 */
import { element } from "../dom.js";

export class AnswerLine {
  /**
   * @param {{title: string, colour: string}[]} rows  of the networks
   * @param {Element} account  the full one
   */
  constructor(rows, account) {
    this.cells = rows.map(({ title, colour }) => {
      const [read, share] = [element("b"), element("span")];
      const node = element("div", {}, element("span", { className: "name", textContent: title }), read, share);
      node.style.borderColor = colour;
      return { read, share, node };
    });
    this.node = element("div", { className: "answer-line", hidden: true }, ...this.cells.map(({ node }) => node));
    this.node.setAttribute("aria-hidden", "true"); // the account is read aloud
    this.sight = new IntersectionObserver(([entry]) => {
      this.node.hidden = entry.isIntersecting || entry.boundingClientRect.top < 0;
    });
    this.sight.observe(account);
  }

  /** @param {number} n  which network's  @param {string} read  the class, and whether it is right */
  show(n, read, share) {
    this.cells[n].read.textContent = read;
    this.cells[n].share.textContent = share;
  }

  stop() {
    this.sight.disconnect();
  }
}
