/**
 * The stage: U with T_θ(G) on it and V beside it, drawn in every frame by the browser itself.
 * One large pair to take in hand, a strip of small ones to look at or to choose from, trainings to
 * be replayed, a wall of images with a box on each, a volume and what is read of it, or the whole of
 * Fig. 2.
 */
import { decode } from "./decode.js";
import { element } from "./dom.js";
import { LAYOUTS } from "./layouts/layouts.js";
import { bookmarkOf, isNewerThanTheLink, keepBookmark } from "./output/bookmarks.js";
import { chosen, gone, report } from "./output/choice.js";
import { requestedState } from "./output/link.js";
import { WANTED, give } from "./output/page_file.js";
import { isToBePlayed } from "./parts/answers.js";
import { keepFocus } from "./parts/focus.js";
import { keepOneEntryAPage } from "./parts/history.js";
import { listen, mainStage } from "./parts/keys.js";
import { keepNetwork } from "./parts/networks.js";
import { keepPresentation } from "./parts/presentation.js";
import { keepStageMode } from "./parts/stage_mode.js";
import { letFingersScroll } from "./parts/touch.js";
import { takePart } from "./playlist/arrival.js";

keepOneEntryAPage();
keepPresentation();
letFingersScroll();
keepStageMode(mainStage);

// Streamlit now and then ends a component and mounts it again on the same element, between two
// reruns that come close together: what a hand has done there goes on.
const GRACE_MILLISECONDS = 1000;

/** What is mounted on an element: a layout, and what it was last shown. */
class Mounted {
  constructor(parentElement, root, name) {
    Object.assign(this, { parentElement, root, name, text: "", path: window.location.pathname });
    this.begin();
    this.resizes = new ResizeObserver(() => this.layout.redraw());
    this.takeNoPart = takePart({ leave: () => this.leave(), arrive: () => this.arrive() });
    this.keep = () => !this.isLeft && isKeptHere(this.layout) && keepBookmark(placeOf(this.layout, this.path), { state: this.layout.state() });
    window.addEventListener("pagehide", this.keep);
    this.wanted = ({ detail }) => this.setTrigger("page", detail);
    this.dispose = () => {
      if (parentElement.isConnected) this.ending = setTimeout(() => this.end(), GRACE_MILLISECONDS);
      else this.end();
    };
    mounted.set(parentElement, this);
    // The tour's stop, above the stage: what was seen is read out as soon as it is done.
    document.querySelector(".st-key-tour")?.setAttribute("aria-live", "polite");
    this.resizes.observe(root);
    root.addEventListener(WANTED, this.wanted);
  }

  begin() {
    const python = {
      tell: (value) => {
        this.hasTold = true;
        report(this, () => this.setState("report", value));
      },
      choose: (id) => {
        chosen();
        this.setTrigger("selected", id);
      },
    };
    this.layout = new LAYOUTS[this.name](this.root, python);
    this.unlisten = listen(this.layout, this.root);
  }

  /** For another address: nothing goes on. */
  leave() {
    if (!this.layout.restore) return;
    this.keep();
    this.isLeft = true;
    this.layout.stop();
  }

  /** On the same page: as if the address had opened it. Python forgets what a hand had set before. */
  arrive() {
    if (!this.isLeft) return;
    this.unlisten();
    this.begin();
    this.layout.update(decode({ ...JSON.parse(this.text), echo: null }));
    Object.assign(this, { isLeft: false, path: window.location.pathname });
    if (this.hasTold) this.setState("report", null);
    this.hasTold = false;
    restore(this.layout, this.root);
  }

  end() {
    clearTimeout(this.ending);
    this.resizes.disconnect();
    this.unlisten();
    this.takeNoPart();
    this.root.removeEventListener(WANTED, this.wanted);
    this.keep(); // for another page and back; at a pagehide for a reload
    window.removeEventListener("pagehide", this.keep);
    this.layout.stop();
    gone(this);
    mounted.delete(this.parentElement);
  }

  /** Show it, unless it is a rerun without news. */
  update(payload) {
    const text = JSON.stringify(payload);
    if (text !== this.text && !this.isLeft) keepFocus(this.root, () => this.layout.update(decode(payload)));
    this.text = text;
    if (this.isLeft && this.path !== window.location.pathname) this.arrive(); // what another page has in its stead
  }
}

/** @type {WeakMap<HTMLElement, Mounted>} */
const mounted = new WeakMap();

export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data instanceof Uint8Array) return keepNetwork(data);
  const { play, file, ...payload } = data;
  const root = parentElement.querySelector(".stage");
  let current = mounted.get(parentElement);
  clearTimeout(current?.ending);
  const isNew = current?.name !== payload.layout;
  if (isNew) {
    current?.end();
    current = new Mounted(parentElement, root, payload.layout);
  }
  Object.assign(current, { setState: setStateValue, setTrigger: setTriggerValue });
  current.update(payload);
  if (isNew) restore(current.layout, root);
  if (play && isToBePlayed(play)) current.layout.play(play);
  if (file) give(file, (value) => current.setTrigger("page", value));
  return current.dispose;
}

/** Whether what a hand has done is kept here; recordings keep the place of their playhead themselves. */
const isKeptHere = ({ state, data }) => Boolean(state && data) && !["wall", "replay"].includes(data.layout) && !data.track?.steps;

const placeOf = ({ data }, path = window.location.pathname) => `${path} ${data.token}`;

/** Bring a layout to where the page's link has it, or to where a hand has left it since then. */
function restore(layout, root) {
  if (!layout.restore) return;
  let fits = false;
  try {
    const bookmark = bookmarkOf(placeOf(layout));
    const state = bookmark?.state && isNewerThanTheLink(bookmark) ? bookmark.state : requestedState(layout.data.token);
    fits = state === null || layout.restore(state);
  } catch {
    // what the link has is no state at all
  }
  if (fits) return;
  const words = "The link's settings do not fit this figure. It starts without them.";
  root.append(element("p", { className: "words", textContent: words, role: "status" }));
}
