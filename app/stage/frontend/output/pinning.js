/** Pinning what a page shows, where there is a playlist for it: not in a notebook. */

let pin = null;

/** @param {() => void} does  pin the page as it is now */
export const offerPin = (does) => (pin = does);

export const canPin = () => pin !== null;

export const pinThis = () => pin();
