/** What the playhead of a large pair plays, where Python sends no track. */
import { between } from "../../maths/grid.js";

/** Whether two lists of θ, or of poses, are the same but for rounding. */
export const areClose = (one, other) => one.every((theta, n) => theta.every((v, p) => Math.abs(v - other[n][p]) < 1e-6));

/** The θ of every transformer at a share of the way from one list to another. */
export const mixed = (from, to, share) => from.map((theta, n) => between(theta, to[n], share));

/**
 * The steps of a descent.
 * @param {{theta: number[], loss: number}[]} steps
 * @returns {import("../../parts/transport.js").Track}
 */
const descentTrack = (steps) => ({
  count: steps.length,
  perSecond: 30,
  name: "Step of the descent",
  ends: ["first step", "last"],
  label: (frame) => `step ${frame}, loss ${steps[frame].loss.toFixed(4)}`,
  theta: (position) => [steps[Math.round(position)].theta],
});

/**
 * From the identity to a prediction, which may change; null if they are the same.
 * @param {() => number[][]} prediction
 * @returns {import("../../parts/transport.js").Track | null}
 */
export function predictionTrack(identity, prediction, endName) {
  if (areClose(prediction(), identity)) return null;
  return {
    count: 2,
    perSecond: 0.5,
    name: `θ from the identity to ${endName}`,
    ends: ["identity", endName],
    label: () => "",
    theta: (position) => mixed(identity, prediction(), position),
  };
}

/**
 * What a large pair's playhead plays now; null or undefined for nothing.
 * @param {import("./large.js").Large} large
 * @returns {import("../../parts/transport.js").Track | null | undefined}
 */
export function trackOf(large) {
  const { data, descent } = large;
  if (descent) return descentTrack(descent);
  if (data.track || !data.transform) return data.track;
  return predictionTrack(large.identity, () => large.prediction, data.features.endName);
}
