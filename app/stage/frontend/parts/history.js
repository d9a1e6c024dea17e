/** The browser's history: one entry a page. What is changed on a page changes its entry. */
import { linkOf } from "../dom.js";

/** Streamlit adds an entry for every change of the address, also for a digit that is dragged. */
export function keepOneEntryAPage() {
  const { history, location } = window;
  const push = history.pushState.bind(history);
  let left = null; // the address of a page when a link to another was followed: Streamlit empties it then
  const follow = (event) => {
    const link = linkOf(event);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = new URL(link.href);
    if (target.origin === location.origin && target.pathname !== location.pathname) left = location.href;
  };
  document.addEventListener("click", follow, true);
  history.pushState = (state, unused, url) => {
    const target = new URL(url ?? location.href, location.href);
    if (target.pathname === location.pathname) {
      history.replaceState(state, unused, url);
      return;
    }
    // The page is left: its entry is to bring it back as it was.
    if (left && new URL(left).pathname === location.pathname) history.replaceState(history.state, "", left);
    left = null;
    push(state, unused, url);
  };
}
