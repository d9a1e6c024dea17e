/**
 * The layouts of a stage by the names that Python gives them, and what each of them has.
 *
 * @typedef {object} Layout  made by `new Layout(root, python)`; python is {tell, choose}, functions
 *   of what Python is to hear
 * @property {HTMLElement} root  what is shown is in it
 * @property {object} data  as decode.js gives it; its token names what is shown
 * @property {import("../parts/transport.js").Transport} [transport]  its playhead
 * @property {(data: object) => void} update  show what Python has sent
 * @property {() => void} redraw  the root has another size
 * @property {() => void} [refit]  parts of it stand elsewhere now: draw what depends on where
 * @property {() => void} stop  nothing goes on by itself, and nothing is reported any more
 * @property {(answer: object) => void} [play]  the answer to a question above it, as parts/answers.js has it
 * @property {() => void} [release]  back to the start, with R
 * @property {(direction: 1|-1) => boolean} [turnPage]  to the next or the former step of a story;
 *   false where there is none
 * @property {() => boolean} [takeNext]  start a game, or go on in it, with Enter; false at its end
 * @property {() => object} [state]  for a link, in numbers and lists of numbers
 * @property {(state: object) => boolean} [restore]  be as a link has it; false where that cannot be
 * @property {() => object[]} [rows]  for a file
 * @property {string} [rowsAre]  what these rows have
 * @property {() => object[]} [curveRows]  the curves of a training, for a file; none without one
 */
import { Bare } from "./bare.js";
import { Beat } from "./beat/beat.js";
import { Chart } from "./chart.js";
import { Depth } from "./depth/depth.js";
import { Digits } from "./digits.js";
import { Labels } from "./labels/labels.js";
import { Large } from "./large/large.js";
import { Learn } from "./learn/learn.js";
import { Predict } from "./predict.js";
import { Replay } from "./replay/replay.js";
import { Story } from "./story/story.js";
import { Strip } from "./strip.js";
import { Verdicts } from "./verdicts.js";
import { Volume } from "./volume/volume.js";
import { Wall } from "./wall.js";
import { Windows } from "./windows/windows.js";

/** @type {Object<string, new (root: HTMLElement, python: object) => Layout>} */
export const LAYOUTS = {
  large: Large,
  depth: Depth,
  windows: Windows,
  strip: Strip,
  replay: Replay,
  wall: Wall,
  volume: Volume,
  story: Story,
  labels: Labels,
  beat: Beat,
  predict: Predict,
  verdicts: Verdicts,
  bare: Bare,
  chart: Chart,
  digits: Digits,
  learn: Learn,
};
