/** Where the visitor has left a playhead: for a reload, and for another view and back. */

const bookmarks = new Map(); // of each recording, also where nothing may be stored
let arrived = null; // where an address was gone to within the app, and when

/** Keep a place for as long as the tab is open. */
export function keepBookmark(recording, place) {
  const bookmark = { ...place, visit: performance.timeOrigin, at: Date.now() };
  bookmarks.set(recording, bookmark);
  try {
    sessionStorage.setItem(`stage ${recording}`, JSON.stringify(bookmark));
  } catch {
    // the browser stores nothing for this page
  }
}

/** The address of now was gone to within the app, as if the page had been opened by it. */
export const arrive = () => (arrived = { path: window.location.pathname, at: Date.now() });

/** The place where a recording was left in this tab, or null. */
export function bookmarkOf(recording) {
  try {
    return bookmarks.get(recording) ?? JSON.parse(sessionStorage.getItem(`stage ${recording}`));
  } catch {
    return null;
  }
}

/**
 * Whether a place was left after the page had been opened by its address. A reload, a way back and a
 * way within the app, but for one that arrives, open no page by its address.
 */
export function isNewerThanTheLink({ visit, at }) {
  if (arrived?.path === window.location.pathname) return at > arrived.at;
  const [opened] = performance.getEntriesByType("navigation");
  if (visit === performance.timeOrigin || opened?.type !== "navigate") return true;
  return new URL(opened.name).pathname !== window.location.pathname;
}
