/** Where the visitor has left a playhead: for a reload, and for another view and back. */

const places = new Map(); // where the visitor left each recording, also where nothing may be stored

/** Keep a place for as long as the tab is open. */
export function leave(recording, place) {
  const kept = { ...place, visit: performance.timeOrigin };
  places.set(recording, kept);
  try {
    sessionStorage.setItem(`stage ${recording}`, JSON.stringify(kept));
  } catch {
    // the browser stores nothing for this page
  }
}

/** The place where a recording was left in this tab, or null. */
export function whereLeft(recording) {
  try {
    return places.get(recording) ?? JSON.parse(sessionStorage.getItem(`stage ${recording}`));
  } catch {
    return null;
  }
}

/** Whether a place was left after the page had been opened by its address; a reload opens nothing. */
export const isNewerThanTheLink = ({ visit }) =>
  visit === performance.timeOrigin || performance.getEntriesByType("navigation")[0]?.type !== "navigate";
