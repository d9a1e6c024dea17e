/** What is said below the photograph: where the windows went, and what a mute one means. */
import { pixelsBetween } from "./photo.js";

const LEAST = 1; // pixels, below which a window stays

/**
 * What to do, and what has been done: the first is no part of a picture for a file.
 * @param {{own: number[][], width: number, trained: boolean}} before  the windows of the photograph as it is
 * @param {{middles: number[][], held: (number[]|null)[], muted: boolean[], cover: number[]|null, covers: boolean, pinned: boolean}} now
 */
export function noteOf({ own, width, trained }, { middles, held, muted, cover, covers, pinned }) {
  const said = [];
  if (cover && trained) said.push(`Covered: ${movesOf(own, middles, width, (n) => !held[n])}`);
  const byHand = movesOf(own, middles, width, (n) => held[n]);
  if (byHand) said.push(trained ? `By hand: ${byHand}` : byHand);
  const silent = muted.flatMap((is, n) => (is ? [n + 1] : []));
  if (silent.length) said.push(`Muted: the descriptor of window ${silent.join(", ")} is all zeros, so it says nothing for or against any species.`);
  return { hint: hintOf(), said: said.join(" ") };

  function hintOf() {
    if (pinned) return "The cover stays. Click to move it on. ";
    if (covers) return "Move the cover with the mouse, a finger or the arrow keys: what it hides gets the photograph's mean colour. A click leaves it there. ";
    if (said.length) return "";
    return trained
      ? "Drag a window, or cover a part of the bird. Dashed: where the network looked at first."
      : "The windows are where an untrained network puts them. Drag them.";
  }
}

/** How far each of some windows is from where it was at first: "window 1 moved by 12 pixels". */
function movesOf(own, middles, width, counts) {
  const moves = middles.flatMap((middle, n) => (counts(n) ? [{ n, by: pixelsBetween(middle, own[n], width) }] : []));
  if (!moves.length) return "";
  const parts = moves.map(({ n, by }) => `window ${n + 1} ${by < LEAST ? "stayed" : `moved by ${Math.round(by)} ${Math.round(by) === 1 ? "pixel" : "pixels"} ${wayOf(own[n], middles[n])}`}`);
  return `${parts.join(", ")}.`;
}

/** "left", "up and right": an axis that has less than a third of the way is not named. */
export function wayOf([x, y], [u, v]) {
  const [across, down] = [u - x, v - y];
  const counts = (one, other) => Math.abs(one) > Math.abs(other) / 3;
  return [counts(down, across) && (down < 0 ? "up" : "down"), counts(across, down) && (across < 0 ? "left" : "right")].filter(Boolean).join(" and ");
}
