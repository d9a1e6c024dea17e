/** What stands above the figure: a step's title and words, and the ways to the others. */
import { button, element } from "../../dom.js";
import { Ask } from "./ask.js";

export class Panel {
  /**
   * @param {{title: string, words: string, more: string, question: object|null}[]} steps  words and more: HTML
   * @param {(step: number) => void} onStep  from 0 on; the one after the last is what comes below the story
   * @param {(onEnd: (right: number|null) => void) => void} play  the answer to a step's question: see Ask
   * @param {boolean} isLinked  whether there are pages of the app to go on to
   */
  constructor(steps, onStep, play, isLinked) {
    Object.assign(this, { steps, play, isLinked, step: 0 });
    this.title = element("h2");
    this.count = element("span", { className: "count" });
    this.words = element("p", { className: "told" });
    this.note = element("span", { className: "note-now" });
    this.note.setAttribute("aria-live", "polite");
    this.more = element("span", { className: "more-of-it" });
    this.asks = button("Predict first", () => this.ask(), { className: "asks" });
    this.question = element("div");
    this.dots = steps.map(({ title }, i) => button("", () => onStep(i), { className: "dot-of", title, ariaLabel: `Step ${i + 1}: ${title}` }));
    this.back = button("←", () => onStep(this.step - 1), { title: "Previous step (Page Up)", ariaLabel: "Previous step" });
    this.next = button("Next →", () => onStep(this.step + 1), { className: "next" });
    const ways = element("nav", { className: "ways", ariaLabel: "Steps of the story" }, this.back, ...this.dots, this.next);
    const heading = element("div", { className: "heading" }, this.title, ways);
    this.node = element("div", { className: "panel" }, heading, this.words, this.question);
    this.node.setAttribute("aria-live", "polite");
  }

  show(step) {
    this.step = step;
    const { title, words, more, question } = this.steps[step];
    this.count.textContent = `${step + 1} / ${this.steps.length} `;
    this.title.replaceChildren(this.count, title);
    this.words.innerHTML = `${words} `;
    this.note.textContent = "";
    this.more.innerHTML = this.isLinked ? more : "";
    this.words.append(this.note, this.more, ...(question ? [" ", this.asks] : []));
    this.close();
    this.back.disabled = step === 0;
    const isLast = step === this.steps.length - 1;
    const leaves = isLast && this.isLinked;
    this.next.disabled = isLast && !leaves;
    this.next.textContent = leaves ? "Go deeper ↓" : "Next →";
    this.next.title = leaves ? "The paper, figure by figure" : "Next step (Page Down)";
    this.dots.forEach((dot, i) => (i === step ? dot.setAttribute("aria-current", "step") : dot.removeAttribute("aria-current")));
  }

  /** The step's question, in place of its words. */
  ask() {
    const asked = new Ask(this.steps[this.step].question, this.play, () => {
      this.close();
      this.asks.focus({ preventScroll: true });
    });
    this.words.hidden = true;
    this.question.replaceChildren(asked.node);
    asked.choices.querySelector("button").focus({ preventScroll: true });
  }

  close() {
    this.question.replaceChildren();
    this.words.hidden = false;
  }

  /** What the visitor has just done, in words; empty for nothing. */
  say(words) {
    const now = words && ` ${words} `;
    if (this.note.textContent !== now) this.note.textContent = now;
  }
}
