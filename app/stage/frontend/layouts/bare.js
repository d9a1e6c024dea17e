/**
 * The foot of every page, and a page without a picture: nothing is to be seen, but its keys work, and
 * it can be pinned.
 */
import { ranWith } from "../playlist/arrival.js";
import { keepPlaylist } from "../playlist/playlist.js";

export class Bare {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {{pages: Object<string, string>, fields: Object<string, string>}} data  pages: their titles; fields: of the address with which the page has run */
  update(data) {
    this.data = data;
    keepPlaylist(data.pages);
    ranWith(data.fields);
  }

  redraw() {}

  stop() {}
}
