/**
 * k(d; Φ) of Eq. 3 along one axis, d = x^s − m in pixels, as in stn_core/sampling.py.
 * @typedef {object} Kernel
 * @property {string} equation  what it is in the paper
 * @property {number} radius  beyond which it is 0
 * @property {(d: number) => number} value
 * @property {(d: number) => number} slope  its derivative, for Eq. 7
 */

const A = -0.75; // the cubic's slope at 1, as in torch and OpenCV

const TIE_PIXELS = 1e-4; // so far a tie may be short of its half, as the grid is float32: Eq. 4 rounds it up

/** @type {Kernel} */
const integer = {
  equation: "Eq. 4",
  radius: 0.5 + TIE_PIXELS,
  value: (d) => (d + TIE_PIXELS >= -0.5 && d + TIE_PIXELS < 0.5 ? 1 : 0),
  slope: () => 0, // wherever it is smooth
};

/** @type {Kernel} */
const bilinear = {
  equation: "Eq. 5",
  radius: 1,
  value: (d) => Math.max(0, 1 - Math.abs(d)),
  slope: (d) => (d >= -1 && d < 0 ? 1 : d >= 0 && d < 1 ? -1 : 0), // at a pixel, to its right: as autograd
};

/** @type {Kernel} */
const bicubic = {
  equation: "Eq. 3, bicubic",
  radius: 2,
  value: (d) => {
    const t = Math.abs(d);
    if (t <= 1) return ((A + 2) * t - (A + 3)) * t * t + 1;
    return t < 2 ? ((A * t - 5 * A) * t + 8 * A) * t - 4 * A : 0;
  },
  slope: (d) => {
    const t = Math.abs(d);
    if (t <= 1) return Math.sign(d) * (3 * (A + 2) * t - 2 * (A + 3)) * t;
    return t < 2 ? Math.sign(d) * ((3 * A * t - 10 * A) * t + 8 * A) : 0;
  },
};

/** How most is read. @type {import("./sampling.js").Reading} */
export const BILINEAR = { kernel: bilinear, padding: "zeros" };

/** A tent of this half width Φ in pixels, of area 1; Φ = 1 is the bilinear kernel. */
const tent = (halfWidth) => ({
  equation: `Eq. 3, tent of Φ = ${halfWidth}`,
  radius: halfWidth,
  value: (d) => bilinear.value(d / halfWidth) / halfWidth,
  slope: (d) => bilinear.slope(d / halfWidth) / (halfWidth * halfWidth),
});

/** @returns {Kernel} */
export const kernel = (name, halfWidth) =>
  name === "tent" ? tent(halfWidth) : { integer, bilinear, bicubic }[name];
