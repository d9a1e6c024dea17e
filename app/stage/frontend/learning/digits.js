/** The digits of this tab: they come once, and every training takes them from here. */

/** @typedef {{pixels: Uint8Array, labels: Uint8Array, side: number, train: number, bytes: number}} Digits  bytes: as they were sent */

let give;

/** @type {Promise<Digits>} */
export const digits = new Promise((resolve) => (give = resolve));

/** @param {Uint8Array} packed  the pixels, by zlib */
export async function provide({ packed, ...rest }) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  give({ ...rest, bytes: Math.ceil((4 / 3) * packed.length), pixels: new Uint8Array(await new Response(stream).arrayBuffer()) });
}
