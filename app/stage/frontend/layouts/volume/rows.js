/** A volume's numbers, for a file. */

const named = (theta) => Object.fromEntries(theta.map((v, p) => [`θ${1 + Math.floor(p / 4)}${1 + (p % 4)}`, v]));

/** θ, the digit's pose and the probabilities; over a training, what is recorded of the probe at every such step. */
export function rowsOf({ track, transforms }, theta, { turn, shift }, probabilities) {
  if (track) return track.steps.map((_, frame) => rowOf(track, transforms, frame));
  const pose = [...turn, ...shift].map((v, p) => [p < 9 ? `turn ${p + 1}` : `shift ${p - 8}`, v]);
  const odds = (probabilities || []).map((p, c) => [`p(${c})`, p]);
  return [{ ...(transforms ? named(theta) : {}), ...Object.fromEntries([...pose, ...odds]) }];
}

function rowOf(track, transforms, frame) {
  const odds = track.probabilities ? track.odds(frame) : [];
  return {
    step: track.steps[frame],
    "error, %": track.measures[frame],
    ...(track.poseLeft ? { "pose left in W, %": track.poseLeft[frame][0][0] } : {}),
    ...(transforms ? named(track.theta(frame)) : {}),
    ...Object.fromEntries(odds.map((p, c) => [`p(${c})`, p])),
  };
}
