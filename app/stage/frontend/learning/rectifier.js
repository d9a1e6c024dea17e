/** Rectified linear units, in place. */

export function rectify(values, count) {
  for (let i = 0; i < count; i++) if (!(values[i] > 0)) values[i] = 0;
}

/** The slopes of what went in, from those of what came out, in place. */
export function rectifyBack(values, slopes, count) {
  for (let i = 0; i < count; i++) if (values[i] === 0) slopes[i] = 0;
}
