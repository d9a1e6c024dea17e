/** The numbers of a large pair, for a file. */
import { oddsOf } from "../../output/table.js";

/**
 * θ as it is, and of every frame of a track or a descent; the inputs' poses.
 * @param {object} data  as decode.js gives it
 * @param {{thetas: number[][]|null, poses: number[][], descent: object[]|null}} shown
 * @param {number[]} [probabilities]  of the classes, for what is shown
 */
export function rowsOf({ transformers, inputs, transform, track }, { thetas, poses, descent }, probabilities) {
  const posed = {
    ...Object.fromEntries(inputs.flatMap(({ name }, i) => poses[i].map((v, p) => [`pose of the ${name} ${p + 1}`, v]))),
    ...oddsOf(probabilities),
  };
  if (!transform) return [{ frame: "shown", ...posed }];
  const named = (thetas, more) =>
    thetas.map((theta, n) => ({
      ...more,
      transformer: transformers[n].name || n + 1,
      ...Object.fromEntries(transform.names.map((name, p) => [name, theta[p]])),
    }));
  return [...named(thetas, { frame: "shown", ...posed }), ...playedRows(track, descent, named)];
}

/** What these rows have, in words. */
export function rowsAreOf({ transform, track, features, probabilities }) {
  const parts = [
    transform ? `Parameters θ as shown${track || features.gradient ? ", and for every frame" : ""}` : "The picture's pose",
    ...(probabilities ? ["all class probabilities"] : []),
  ];
  return parts.join("; ");
}

function playedRows(track, descent, named) {
  if (descent) return descent.flatMap(({ theta, loss }, frame) => named([theta], { frame, loss }));
  if (!track) return [];
  return [...Array(track.count).keys()].flatMap((frame) => named(track.theta(frame, 0), { frame, label: track.label(frame) }));
}
