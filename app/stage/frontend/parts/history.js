/** The browser's history: one entry a page. What is changed on a page changes its entry. */

const LEAVING_MILLISECONDS = 3000; // between Streamlit's emptying of an address and the next page

/** Streamlit adds an entry for every change of the address, also for a digit that is dragged. */
export function keepOneEntryAPage() {
  const { history, location } = window;
  const push = history.pushState.bind(history);
  let emptied = null; // the address that a page had before Streamlit took all fields from it
  history.pushState = (state, unused, url) => {
    const [here, target] = [new URL(location.href), new URL(url ?? location.href, location.href)];
    if (target.pathname === here.pathname) {
      emptied = here.search && !target.search ? { href: here.href, at: performance.now() } : null;
      history.replaceState(state, unused, url);
      return;
    }
    // The page is left, which is why it was emptied: its entry is to bring it back as it was.
    if (emptied && performance.now() - emptied.at < LEAVING_MILLISECONDS) history.replaceState(history.state, "", emptied.href);
    emptied = null;
    push(state, unused, url);
  };
}
