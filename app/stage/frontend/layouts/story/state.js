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

const GREYS = 16; // of a pixel of a drawn digit, in a link
const IN_A_NUMBER = 4; // pixels

/** A drawing as a few numbers; and back, or null where that is none. */
const packed = (pixels) =>
  Array.from({ length: Math.ceil(pixels.length / IN_A_NUMBER) }, (_, n) =>
    [...pixels.subarray(IN_A_NUMBER * n, IN_A_NUMBER * (n + 1))].reduce((sum, v, k) => sum + Math.floor(v / GREYS) * GREYS ** k, 0)
  );

function unpacked(numbers, count) {
  const fits = Array.isArray(numbers) && numbers.length === Math.ceil(count / IN_A_NUMBER);
  if (!fits || !numbers.every((v) => Number.isInteger(v) && v >= 0 && v < GREYS ** IN_A_NUMBER)) return null;
  return Uint8Array.from({ length: count }, (_, i) => (Math.floor(numbers[Math.floor(i / IN_A_NUMBER)] / GREYS ** (i % IN_A_NUMBER)) % GREYS) * (GREYS + 1));
}

/** @param {import("./figure.js").Figure} figure */
export function stateOf({ digit, digits, label, pose, theta, byHand }) {
  const ink = label === null ? { ink: packed(digits[digit].source.pixels) } : {};
  return { digit, pose, theta: byHand ? theta : null, ...ink };
}

/** Be as a link has it; false where that cannot be. @param {import("./figure.js").Figure} figure */
export function restoreState(figure, { digit, pose, theta, ink }) {
  if (!isLike(pose, IDENTITY) || (theta && !isLike(theta, IDENTITY))) return false;
  const { size } = figure.data.network;
  const pixels = ink && unpacked(ink, size * size);
  if (pixels) figure.hands.ink({ pixels, channels: 1, height: size, width: size });
  else if (digit in figure.data.digits) figure.take(digit);
  else return false;
  figure.place(pose);
  if (theta) figure.hold(theta);
  return true;
}
