/** The browser's history: one entry a page. What is changed on a page changes its entry. */
import { linkOf } from "../dom.js";

const replace = window.history.replaceState.bind(window.history);
let written = window.location.href; // the address that Python knows
let left = []; // those that it knew before the browser went to another, until a page has run there

/** Streamlit adds an entry for every change of the address, also for a digit that is dragged. */
export function keepOneEntryAPage() {
  const { history, location } = window;
  const push = history.pushState.bind(history);
  history.replaceState = (state, unused, url) => {
    const target = new URL(url ?? location.href, location.href);
    if (left.some((before) => isLiker(target, before, location.href))) return;
    replace(state, unused, url);
    written = target.href;
  };
  let followed = null; // the address of a page when a link to another was followed: Streamlit empties it then
  const follow = (event) => {
    const link = linkOf(event);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = new URL(link.href);
    if (target.origin === location.origin && target.pathname !== location.pathname) followed = location.href;
  };
  document.addEventListener("click", follow, true);
  const arrive = () => {
    left.push(written);
    written = location.href;
  };
  window.addEventListener("popstate", arrive, true); // before Streamlit hears of it
  history.pushState = (state, unused, url) => {
    const target = new URL(url ?? location.href, location.href);
    if (target.pathname === location.pathname) {
      history.replaceState(state, unused, url);
      return;
    }
    // The page is left: its entry is to bring it back as it was.
    if (followed && new URL(followed).pathname === location.pathname) history.replaceState(history.state, "", followed);
    followed = null;
    push(state, unused, url);
    written = target.href;
  };
}

/** To another address, before the page has run there. */
export const takeAddress = (address) => replace(window.history.state, "", address);

/** The page of now has run: what was under way when the browser went there is over. */
export const hasRun = () => (left = []);

/**
 * Whether the fields of an address are more like those of the address before than like those of now:
 * a run that was under way when the browser went back, or to a pin, writes its own fields there.
 */
export function isLiker(address, before, now) {
  return unlike(address, before) < unlike(address, now);
}

/** How many fields of two addresses differ. */
function unlike(one, other) {
  const [a, b] = [one, other].map((address) => new URL(address).searchParams);
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name) !== b.get(name)).length;
}
