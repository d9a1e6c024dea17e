/** What a link brings back of the page on labels: θ, the descent with its playhead, and the axes. */
import { IDENTITY } from "../../maths/affine.js";
import { STEPS } from "../../maths/descent.js";
import { isLike } from "../../output/link.js";

/** @param {import("./labels.js").Labels} labels */
export function stateOf({ theta, frames, transport, landscape, integer }) {
  const descent = frames && { from: frames[0].theta, steps: frames.length, position: transport.head.position };
  return { theta, descent: descent ?? null, axes: [landscape.across, landscape.up], integer: integer.checked };
}

/** Be as a link has it; false where that cannot be. @param {import("./labels.js").Labels} labels */
export function restoreState(labels, { theta, descent, axes, integer }) {
  if (!isLike(theta, IDENTITY) || (axes && !labels.landscape.choose(axes))) return false;
  if (integer) {
    labels.integer.checked = true;
    labels.integer.onchange();
  }
  if (descent && !descendAgain(labels, descent)) return false;
  if (!descent || theta.some((value, p) => Math.abs(value - labels.theta[p]) > 1e-4)) labels.hold(theta);
  return true;
}

/** The same steps down as were taken before; false if they cannot have been. */
function descendAgain(labels, { from, steps, position }) {
  if (!isLike(from, IDENTITY) || !(steps >= 1 && steps <= STEPS)) return false;
  labels.show(from);
  const frames = [];
  for (const frame of labels.descent()) if (frames.push(frame) >= steps) break;
  labels.keep(frames);
  if (position >= 0 && position < frames.length - 1) labels.transport.head.seek(position);
  labels.settle();
  labels.report();
  return true;
}
