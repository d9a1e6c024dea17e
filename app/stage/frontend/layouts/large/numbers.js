/** θ of a large pair in numbers, in the ways that Python asks for. */
import { Equation, NARROW_PIXELS, PoseNumbers, ThetaNumbers } from "../../parts/numbers.js";

const MAX_OPEN_SLIDERS = 8; // more of them are folded away at first

/** @param {import("./large.js").Large} large */
export function numbersOf(large) {
  const { transform, features, compact } = large.data;
  const roomy = !compact && large.root.clientWidth > NARROW_PIXELS;
  const few = transform.names.length <= MAX_OPEN_SLIDERS;
  const onTheta = (theta, held) => large.hold(large.withActive(theta), held);
  const numbers = [];
  if (features.equation) numbers.push(new Equation(transform));
  if (features.pose) numbers.push(new PoseNumbers(roomy, onTheta));
  numbers.push(new ThetaNumbers(transform, roomy && few && !features.pose, onTheta));
  return numbers;
}
