/** A volume's numbers, for a file. */
import { oddsOf } from "../../output/table.js";

const named = (theta) => Object.fromEntries(theta.map((v, p) => [`θ${1 + Math.floor(p / 4)}${1 + (p % 4)}`, v]));

/** θ, the digit's pose and the probabilities; over a training, what is recorded of the probe at every such step. */
export function rowsOf({ track, transforms }, theta, { turn, shift }, probabilities) {
  if (track) return track.steps.map((_, frame) => rowOf(track, transforms, frame));
  const pose = [...turn, ...shift].map((v, p) => [p < 9 ? `turn ${p + 1}` : `shift ${p - 8}`, v]);
  return [{ ...(transforms ? named(theta) : {}), ...Object.fromEntries(pose), ...oddsOf(probabilities) }];
}

function rowOf(track, transforms, frame) {
  return {
    step: track.steps[frame],
    "error, %": track.measures[frame],
    ...(track.poseLeft ? { "pose left in W, %": track.poseLeft[frame][0][0] } : {}),
    ...(transforms ? named(track.theta(frame)) : {}),
    ...oddsOf(track.probabilities && track.odds(frame)),
  };
}
