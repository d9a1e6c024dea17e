/** What a link brings back of a large pair: what a hand has done, what it takes, and the playhead. */
import { STEPS, compare, descend } from "../../maths/descent.js";
import { isLike } from "../../output/link.js";

const CLOSE = 1e-4; // a descent that ends so near to the link's θ is the link's

/** @param {import("./large.js").Large} large */
export const stateOf = (large) => ({
  thetas: large.byHand ? large.thetas : null,
  poses: large.moved ? large.poses : null,
  position: large.transport.track ? large.transport.head.position : null,
  hand: large.hand.choice,
  played: large.isPlayed,
  ...(large.descent && { descent: { from: large.descent[0].theta, steps: large.descent.length } }),
});

/** Be as a link has it; false where that cannot be. @param {import("./large.js").Large} large */
export function restoreState(large, { thetas, poses, position, hand, played, descent }) {
  if (thetas && !(large.thetas && isLike(thetas, large.thetas))) return false;
  if (poses && !isLike(poses, large.poses)) return false;
  if (hand && !large.hand.take(hand)) return false;
  if (poses) {
    large.poses = poses;
    large.moveInput(poses[large.hand.input], large.hand.input);
  }
  if (descent && thetas && descendAgain(large, descent, position, thetas[0])) return true;
  const { track, head } = large.transport;
  const isAt = played && track && typeof position === "number" && position >= 0 && position < head.last;
  if (isAt) head.seek(position); // which brings θ
  else if (thetas) large.hold(thetas);
  return true;
}

/** The same steps as were taken before; false if they lead elsewhere, to another target. */
function descendAgain(large, { from, steps }, position, theta) {
  const { gradient, pair } = large;
  if (!gradient?.target || !isLike(from, theta) || !(steps >= 1 && steps <= STEPS + 1)) return false;
  const frames = [];
  for (const frame of descend(pair.data, pair.source, from, (output) => compare(output, gradient.target))) {
    if (frames.push(frame) >= steps) break;
  }
  const reached = frames[Math.round(position)]?.theta;
  if (!reached?.every((value, p) => Math.abs(value - theta[p]) < CLOSE)) return false;
  large.descended(frames, true);
  if (position < frames.length - 1) large.transport.head.seek(position);
  return true;
}
