/** What can be taken away of the figure: its rows for a file, and its state for a link. */
import { IDENTITY } from "../../maths/affine.js";
import { softmax } from "../../maths/layers.js";
import { isLike } from "../../output/link.js";
import { oddsOf } from "../../output/table.js";

/** @param {import("./figure.js").Figure} figure */
export function rowsOf({ label, theta, pose, logits }) {
  const named = (name, values) => Object.fromEntries(values.map((v, p) => [`${name}${1 + Math.floor(p / 3)}${1 + (p % 3)}`, v]));
  return [{ label, ...named("θ", theta), ...named("pose ", pose), ...oddsOf(softmax(logits)) }];
}

/** @param {import("./figure.js").Figure} figure */
export const stateOf = ({ digit, pose, theta, byHand }) => ({ digit, pose, theta: byHand ? theta : null });

/** Be as a link has it; false where that cannot be. @param {import("./figure.js").Figure} figure */
export function restoreState(figure, { digit, pose, theta }) {
  if (!(digit in figure.data.digits) || !isLike(pose, IDENTITY) || (theta && !isLike(theta, IDENTITY))) return false;
  figure.take(digit);
  figure.place(pose);
  if (theta) figure.hold(theta);
  return true;
}
