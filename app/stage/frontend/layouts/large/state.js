/** What a link brings back of a large pair: what a hand has done, what it takes, and the playhead. */
import { isLike } from "../../output/link.js";

/** @param {import("./large.js").Large} large */
export const stateOf = (large) => ({
  thetas: large.byHand ? large.thetas : null,
  poses: large.moved ? large.poses : null,
  position: large.transport.track ? large.transport.head.position : null,
  hand: large.hand.choice,
  played: large.isPlayed,
});

/** Be as a link has it; false where that cannot be. @param {import("./large.js").Large} large */
export function restoreState(large, { thetas, poses, position, hand, played }) {
  if (thetas && !(large.thetas && isLike(thetas, large.thetas))) return false;
  if (poses && !isLike(poses, large.poses)) return false;
  if (hand && !large.hand.take(hand)) return false;
  if (poses) {
    large.poses = poses;
    large.moveInput(poses[large.hand.input], large.hand.input);
  }
  const { track, head } = large.transport;
  const isAt = track && typeof position === "number" && position >= 0 && position < head.last;
  if (thetas && !(played && isAt)) large.hold(thetas); // else the playhead brings θ
  else if (isAt) head.seek(position);
  return true;
}
