/** The digits to choose from, and what a drag moves. */
import { button, element, group, press } from "../../dom.js";
import { paintPixels } from "../../parts/drawing.js";

const MOVABLE = ["digit", "grid"];

export class Choices {
  /**
   * @param {object[]} digits
   * @param {(digit: object) => object} imageOf  U with it
   * @param {(n: number) => void} onTaken
   * @param {(name: string) => void} onGrasped
   * @param {() => void} onDraw
   */
  constructor(digits, imageOf, onTaken, onGrasped, onDraw) {
    this.choosers = digits.map((digit, n) => {
      const pixels = element("canvas");
      paintPixels(pixels, imageOf(digit));
      const chooser = button("", () => onTaken(n), { className: "digit", ariaLabel: `Choose this ${digit.label}` });
      chooser.dataset.digit = digit.label;
      chooser.append(pixels);
      return chooser;
    });
    this.pen = button("✎ Draw", onDraw, { className: "pen", title: "Draw a digit of your own; it is read while you draw" });
    const row = element("div", { className: "buttons", role: "group", ariaLabel: "Digits" }, ...this.choosers, this.pen);
    this.hands = group("Drag:", MOVABLE.map((name) => ({ value: name, name })), MOVABLE[0], onGrasped);
    this.hands.classList.add("hands");
    this.node = element("div", { className: "choices" }, row, this.hands);
  }

  mark(n) {
    press(this.choosers, (_, i) => i === n);
  }

  markDrawing(on) {
    this.pen.setAttribute("aria-pressed", String(on));
  }

  markGrasped(name) {
    press(this.hands.querySelectorAll("button"), ({ textContent }) => textContent === name);
  }
}
