/**
 * The steps of the story: what of the figure each of them shows, and what it plays.
 *
 * @typedef {object} Step
 * @property {string} scene  which boxes are seen: as in stage.css
 * @property {import("./figure.js").Mode} mode  whose θ the figure shows
 * @property {(story: import("./story.js").Story) => void} [enter]
 * @property {(story: import("./story.js").Story) => void} [leave]
 * @property {(story: import("./story.js").Story) => void} [take]  another digit is shown
 * @property {(story: import("./story.js").Story) => string} [note]  what has just been done, in words
 * @property {Asked} [ask]  what its question plays
 *
 * @typedef {object} Asked
 * @property {(story: import("./story.js").Story) => number[]} begin  takes the digit that is asked about; its pose at first
 * @property {(from: number[], share: number, story: import("./story.js").Story) => number[]} show  its pose after a share of the time
 * @property {(story: import("./story.js").Story, before: number[]) => number} right  the right answer, at the end; before: the network's θ at first
 */
import { IDENTITY } from "../../maths/affine.js";
import { between } from "../../maths/grid.js";
import { determinant, turned } from "../../maths/pose.js";

const HINT_SHARE = 0.35; // of the way to the solution
const SWING_FRAMES = 7; // of 5°, to either side
const FOOLED = 4; // the class whose reading a turn changes soonest
const REACH = 9; // pixels of V, to either side
const ASIDE = 0.35; // where the digit is in x, to either side of the middle
const FOLLOWED = 0.5; // of the digit's way, that a frame goes along
const GREY = [70, 190]; // of a pixel on the edge of a stroke, whose four pixels differ

const isRead = ({ figure }) => figure.label === null || figure.said === figure.label;

/** The digit goes from upright to where it is in the image that the story goes on with, and back: a hand starts from a right reading. */
function distort({ figure, demo }) {
  const [from, to] = [figure.initialPose, figure.digits[figure.digit].pose];
  demo.play(6, (share) => figure.place(share === 1 ? from : between(from, to, Math.min(1, 1.3 * Math.sin(Math.PI * share)))));
}

/** The frame sets off to where the network would have it, and comes back: whoever watches sees what to do, and that is left to do. */
function showTheFrame({ figure, demo }) {
  const goal = figure.networkTheta;
  demo.play(5, (share) => {
    const there = HINT_SHARE * Math.sin(Math.PI * share);
    figure.show(share === 1 ? IDENTITY : between(IDENTITY, goal, there));
  });
}

/** The digit turns to and fro. */
function swing({ figure, demo }) {
  const from = figure.transport.head.position;
  demo.play(6, (share) => figure.transport.present(from + SWING_FRAMES * Math.sin(2 * Math.PI * share)));
}

/** A pixel of V after the other, along a row, and back to one on the edge of a stroke. */
function walkAlongARow({ figure, demo }) {
  const [column, row] = greyPixel(figure.pair);
  const { width } = figure.pair.shape;
  const point = (x) => figure.inspector.point([Math.max(0, Math.min(width - 1, Math.round(x))), row], 0);
  point(column);
  demo.play(9, (share) => point(column + REACH * Math.sin(2 * Math.PI * share)));
}

/** The pixel of V on the edge of a stroke that is nearest to its middle. */
function greyPixel({ outputs, shape: { height, width } }) {
  const middle = [width >> 1, height >> 1];
  const away = (i) => Math.hypot((i % width) - middle[0], Math.floor(i / width) - middle[1]);
  const edge = [...outputs[0].pixels.keys()].filter((i) => outputs[0].pixels[i] > GREY[0] && outputs[0].pixels[i] < GREY[1]);
  const best = edge.reduce((nearest, i) => (nearest === null || away(i) < away(nearest) ? i : nearest), null);
  return best === null ? middle : [best % width, Math.floor(best / width)];
}

/** The network's first digit, or another one, as it is at first; its pose. */
function takeAgain({ figure }, label = null) {
  figure.take(label === null ? figure.data.first : figure.data.digits.findIndex((digit) => digit.label === label));
  return figure.initialPose;
}

const readOrNot = (story) => (isRead(story) ? 0 : 1);

/** Whether the network's frame went along with the digit (0), stayed (1), or grew over the whole image (2). */
function follows({ figure }, before) {
  const after = figure.networkTheta;
  if (after[2] - before[2] > FOLLOWED * 2 * ASIDE) return 0;
  return determinant(after) > 1 ? 2 : 1;
}

const at = ([a, b, , c, d, y], x) => [a, b, x, c, d, y];

/** @type {Step[]} */
export const STEPS = [
  {
    scene: "image",
    mode: "image",
    enter: distort,
    note: (story) => (isRead(story) ? "" : `Now it reads ${story.figure.said}.`),
    ask: { begin: takeAgain, show: (from, share, { figure }) => between(from, figure.digits[figure.digit].pose, share), right: readOrNot },
  },
  {
    scene: "frame",
    mode: "frame",
    enter: showTheFrame,
    note: (story) => (isRead(story) && story.figure.label !== null && story.figure.origin === "set by hand" ? `It reads ${story.figure.label}: you are the transformer.` : ""),
  },
  {
    scene: "predict",
    mode: "network",
    enter: swing,
    ask: {
      begin(story) {
        const pose = at(takeAgain(story), -ASIDE);
        story.figure.place(pose);
        return pose;
      },
      show: (from, share) => at(from, ASIDE * (2 * share - 1)),
      right: follows,
    },
  },
  { scene: "sampler", mode: "network", enter: walkAlongARow, leave: ({ figure }) => figure.inspector.clear() },
  {
    scene: "whole",
    mode: "frame",
    enter({ figure, descent }) {
      figure.setBackward(true);
      descent.show();
    },
    take: ({ descent }) => descent.show(),
    leave({ figure, descent }) {
      descent.stop();
      figure.setBackward(false);
    },
  },
  { scene: "training", mode: "network", enter: ({ training, demo }) => training.play(demo), leave: ({ training }) => training.stop() },
  {
    scene: "whole",
    mode: "network",
    enter({ figure, limits }) {
      if (figure.digit === figure.data.first) figure.take(figure.data.digits.findIndex(({ label }) => label === FOOLED));
      limits.of(figure);
    },
    take: ({ figure, limits }) => limits.of(figure),
    ask: { begin: (story) => takeAgain(story, FOOLED), show: (from, share) => turned(from, 90 * share), right: readOrNot },
    note: (story) =>
      isRead(story) || story.figure.byHand ? "" : `You fooled it: it reads ${story.figure.said}. Export has a link to this pose.`,
    leave: ({ limits }) => limits.stop(),
  },
];
