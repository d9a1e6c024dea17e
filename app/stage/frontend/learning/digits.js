/** The digits of this tab: they come once, and every training takes them from here. */

/** @typedef {{pixels: Uint8Array, labels: Uint8Array, side: number, train: number}} Digits */

let give;

/** @type {Promise<Digits>} */
export const digits = new Promise((resolve) => (give = resolve));

/** @param {Uint8Array} packed  the pixels, by zlib */
export async function provide({ packed, ...rest }) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  give({ ...rest, pixels: new Uint8Array(await new Response(stream).arrayBuffer()) });
}
