/** Answers that a stage plays: asked for above it, played by it, and then said to be over. */
import { between } from "../maths/grid.js";
import { Demo } from "./demo.js";

const OVER = "stn-played";

let asked = null; // the number of the newest answer, as long as it has not been played
let count = 0;

/** A number for the answer that is given now. */
export const newAnswer = () => (asked = `${Math.round(performance.timeOrigin)}.${++count}`);

/** Whether what Python sends is to be played now: no earlier answer, and none twice. */
export function isToBePlayed({ id }) {
  if (id !== asked) return false;
  asked = null;
  return true;
}

/** @param {(id: string) => void} listener  hears which answer is over @returns {() => void} ends it */
export function onOver(listener) {
  const hear = ({ detail }) => listener(detail);
  document.addEventListener(OVER, hear);
  return () => document.removeEventListener(OVER, hear);
}

/** Lists of numbers, or lists of such lists, at a share of the way between two of them. */
const blended = (from, to, share) => (Array.isArray(from[0]) ? from.map((list, i) => blended(list, to[i], share)) : between(from, to, share));

function at(frames, share) {
  const place = share * (frames.length - 1);
  const first = Math.min(Math.floor(place), frames.length - 1);
  return blended(frames[first], frames[Math.min(first + 1, frames.length - 1)], place - first);
}

export class AnswerPlayer {
  /** @param {HTMLElement} root  of the stage: a touch of it ends what is played */
  constructor(root) {
    Object.assign(this, { demo: new Demo(root), isPlaying: false, isLeft: false });
  }

  /**
   * @param {{id: string, frames: Object<string, object[]>, seconds: number}} answer  as Python sends it
   * @param {(state: Object<string, object>) => void} show  what the frames have at a moment, by their names
   * @param {() => void} onEnd  done, or taken in hand
   */
  play({ id, frames, seconds }, show, onEnd) {
    const see = (share) => show(Object.fromEntries(Object.entries(frames).map(([name, list]) => [name, at(list, share)])));
    this.demo.stop();
    this.isPlaying = true;
    see(0);
    this.demo.play(seconds, see, () => {
      this.isPlaying = false;
      if (!this.isLeft) onEnd();
      document.dispatchEvent(new CustomEvent(OVER, { detail: id }));
    });
  }

  stop() {
    this.demo.stop();
  }

  /** The stage goes, or shows something else: nothing is reported of what was played. */
  leave() {
    this.isLeft = true;
    this.demo.stop();
    this.isLeft = false;
  }
}
