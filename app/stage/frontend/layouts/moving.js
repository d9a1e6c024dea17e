/** A stage in a hand, on which something may move by itself: the grid on its way, an answer, the playhead. */
import { Reporter } from "../output/report.js";
import { AnswerPlayer } from "../parts/answers.js";
import { Change } from "../parts/playhead.js";

/** @template T  what is shown, as θ of all transformers */
export class Moving {
  /**
   * @param {HTMLElement} root  @param {{tell: (value: object) => void}} python
   * @param {(from: T, to: T, share: number) => T} between
   */
  constructor(root, python, between) {
    this.root = root;
    this.reporter = new Reporter(python.tell);
    this.player = new AnswerPlayer(root);
    this.follow = new Change((share) => this.show(between(this.from, this.to, share)));
  }

  /** @param {T} from  what is shown now  @param {T} to  what is shown in the end */
  pass(from, to, seconds) {
    Object.assign(this, { from, to });
    this.follow.play(seconds);
  }

  /** Nothing moves on by itself. */
  halt() {
    this.player.stop();
    this.follow.stop();
  }

  stop() {
    this.halt();
    this.transport?.head.pause();
    this.reporter.stop();
  }
}
