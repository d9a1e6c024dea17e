/**
 * Predict first: a line above a stage. It opens a question; the stage plays the answer; then it is
 * said whether the visitor was right, and why not.
 */
import { button, element, press } from "../dom.js";
import { newAnswer, onOver } from "../parts/answers.js";
import { reducedMotion } from "../parts/playhead.js";

const PATIENCE_MILLISECONDS = 20_000; // for a stage that does not play
const WAITING = "Working out the answer …";
const PLAYING = "Watch the figure: it plays the answer.";

export class Predict {
  /** @param {HTMLElement} root  @param {{choose: (id: string) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python, n: 0, isOpen: false });
    this.stopListening = onOver((id) => {
      if (id === this.number) this.isOver = true;
      this.tell();
    });
  }

  update(data) {
    const isNew = !this.data;
    this.data = data;
    if (isNew) this.build();
    else this.heed();
  }

  // -- what is there

  build() {
    this.line = button("", () => this.toggle(), { className: "line" });
    this.words = element("p", { className: "question" });
    this.answers = element("div", { className: "buttons", role: "group", ariaLabel: "Answers" });
    this.said = element("p", { className: "told", role: "status" });
    this.ways = element("div", { className: "buttons" });
    const put = element("div", { className: "put" }, this.words, this.answers);
    const judged = element("div", { className: "put" }, this.said, this.ways);
    this.body = element("div", { className: "body" }, put, judged);
    this.node = element("div", { className: "predict" }, this.line, this.body);
    this.node.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.isOpen) return;
      event.preventDefault();
      this.toggle();
    };
    this.root.replaceChildren(this.node);
    this.pose(0);
    this.mark();
  }

  mark() {
    const { questions } = this.data;
    this.line.innerHTML = `<b>Predict first</b>: question ${this.n + 1} of ${questions.length} <span aria-hidden="true">${this.isOpen ? "▾" : "▸"}</span>`;
    this.line.setAttribute("aria-expanded", String(this.isOpen));
    this.body.hidden = !this.isOpen;
    // A row of the page that it shares while it is closed is its own then.
    this.root.getRootNode().host?.closest(".st-key-predict")?.toggleAttribute("data-open", this.isOpen);
  }

  toggle() {
    this.isOpen = !this.isOpen;
    this.mark();
    this.line.focus({ preventScroll: true });
  }

  /** Put a question. */
  pose(n) {
    this.n = n;
    const { words, answers } = this.data.questions[n];
    this.words.innerHTML = words;
    this.answers.replaceChildren(...answers.map((answer, i) => button(answer, () => this.answer(i))));
    this.clear();
    this.mark();
  }

  /** No answer has been given. */
  clear() {
    clearTimeout(this.waiting);
    this.number = this.verdict = null;
    press(this.answers.children, () => false);
    this.say("");
  }

  say(words, ...ways) {
    this.said.innerHTML = words;
    this.ways.replaceChildren(...ways);
  }

  // -- an answer

  answer(i) {
    clearTimeout(this.waiting);
    Object.assign(this, { number: newAnswer(), verdict: null, isOver: false, chosen: i });
    press(this.answers.children, (_, k) => k === i);
    this.say(WAITING);
    this.makeRoom();
    this.python.choose(`${this.n}.${i}.${this.number}`);
  }

  /** For the stage, which is below: on a phone the question goes up to the window's upper edge. */
  makeRoom() {
    if (this.node.getBoundingClientRect().bottom < window.innerHeight / 2) return;
    this.node.scrollIntoView({ block: "start", behavior: reducedMotion() ? "instant" : "smooth" });
  }

  /** What Python says of the newest answer, once the stage has played it. */
  heed() {
    const { verdict } = this.data;
    if (!this.number || verdict?.number !== this.number || this.verdict) return;
    this.verdict = verdict;
    if (verdict.right === null) this.isOver = true; // nothing is played
    this.say(PLAYING);
    this.waiting = setTimeout(() => {
      this.isOver = true;
      this.tell();
    }, PATIENCE_MILLISECONDS);
    this.tell();
  }

  tell() {
    if (!this.isOver || !this.verdict) return;
    clearTimeout(this.waiting);
    const isRight = this.verdict.right === this.chosen;
    const again = isRight
      ? button("Play again", () => this.playAgain())
      : button("Try again", () => this.again());
    const next = (this.n + 1) % this.data.questions.length;
    this.say(
      this.verdict.words,
      again,
      button(next ? "Next question" : "First question", () => this.go(next), { className: "main" }),
      button("Close", () => this.toggle())
    );
  }

  /** The button that was pressed goes: the answer has the focus. */
  playAgain() {
    this.answers.children[this.chosen].focus({ preventScroll: true });
    this.answer(this.chosen);
  }

  again() {
    this.clear();
    this.answers.firstChild.focus({ preventScroll: true });
  }

  go(n) {
    this.pose(n);
    this.answers.firstChild.focus({ preventScroll: true });
  }

  // -- what a layout has

  redraw() {}

  stop() {
    clearTimeout(this.waiting);
    this.stopListening();
  }
}
