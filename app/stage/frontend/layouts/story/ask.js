/** Predict first, in a step of the story: a question takes the place of its words, and the figure plays the answer. */
import { button, element, press } from "../../dom.js";

const PLAYING = "Watch the figure: it plays the answer.";
const STOPPED = "You have taken the figure in hand. Choose again to see the answer.";

export class Ask {
  /**
   * @param {{words: string, answers: string[], reasons: string[]}} question  words and reasons: HTML
   * @param {(onEnd: (right: number|null) => void) => void} play  onEnd: with the right answer, null if it was stopped
   * @param {() => void} onClose
   */
  constructor({ words, answers, reasons }, play, onClose) {
    Object.assign(this, { answers, reasons, play });
    const text = element("span");
    text.innerHTML = words;
    this.choices = element("div", { className: "buttons", role: "group", ariaLabel: "Answers" }, ...answers.map((answer, i) => button(answer, () => this.answer(i))));
    this.close = button("Close", onClose);
    this.said = element("p", { className: "told", role: "status" });
    const put = element("div", { className: "put" }, text, this.choices, this.close);
    this.node = element("div", { className: "asked" }, put, this.said);
  }

  answer(i) {
    press(this.choices.children, (_, k) => k === i);
    this.said.textContent = PLAYING;
    this.play((right) => this.judge(i, right));
  }

  judge(i, right) {
    if (right === null) this.said.textContent = STOPPED;
    else this.said.innerHTML = i === right ? `✓ Right. ${this.reasons[right]}` : `✗ Not quite: the answer is <b>${this.answers[right]}</b>. ${this.reasons[i]}`;
  }
}
