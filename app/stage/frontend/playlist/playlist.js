/** The lecture playlist of a page: pinned from it, kept by the browser, and walked from pin to pin. */
import { element } from "../dom.js";
import { address } from "../output/link.js";
import { offerPin } from "../output/pinning.js";
import { mountedLayouts } from "../parts/keys.js";
import { Dock } from "./card.js";
import * as list from "./list.js";
import { HASH, readLink } from "./packing.js";
import { Panel } from "./panel.js";
import { pinOf } from "./pins.js";
import { Presenting } from "./presenting.js";
import { STYLE } from "./style.js";

const LINK = "#playlist"; // of a link in the page that shows the list
const APP = "[data-testid='stApp']";

let playlist = null;

class Playlist {
  /** @param {Object<string, string>} pages  their titles, by name */
  constructor(pages) {
    this.pages = pages;
    this.root = element("div", { className: "stn-playlist" });
    document.body.append(element("style", { textContent: STYLE }), this.root);
    this.panel = new Panel(this.root, pages, (at) => this.present(at));
    this.presenting = new Presenting(this.root, pages, () => this.panel.open());
    this.dock = new Dock(this.root, () => pinOf(address(mountedLayouts()), pages), () => this.panel.open());
    list.onChange((isOwn) => isOwn && this.presenting.take(list.pins()));
    document.addEventListener("click", (event) => this.follow(event), true);
    window.addEventListener("hashchange", () => this.openLink());
    offerPin(() => this.dock.add());
    this.openLink();
  }

  /** In the theme that the app has now. */
  colour() {
    this.root.style.colorScheme = getComputedStyle(document.querySelector(APP)).colorScheme;
  }

  present(at) {
    this.panel.close();
    this.presenting.start(list.pins(), at, list.takeLook());
  }

  /** The list in the link with which the app was opened. */
  async openLink() {
    const { hash, href } = window.location;
    if (!hash.startsWith(HASH)) return;
    history.replaceState(history.state, "", href.replace(/#.*/s, ""));
    try {
      const read = await readLink(hash.slice(HASH.length), this.pages);
      this.panel.offer(read);
      if (!read.faults.length) this.present(0);
    } catch (error) {
      this.panel.open(`${error.message} Your list is as it was.`);
    }
  }

  follow(event) {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link?.getAttribute("href") !== LINK) return;
    event.preventDefault();
    event.stopPropagation();
    this.panel.open();
  }
}

/** From the first page on. @param {Object<string, string>} pages */
export function keepPlaylist(pages) {
  playlist ??= new Playlist(pages);
  playlist.colour();
}
