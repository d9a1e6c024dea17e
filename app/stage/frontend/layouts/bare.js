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

  /**
   * @param {{name: string, pages: Object<string, string>, fields: Object<string, string>}} data  the
   *   page's name; the titles of all, by name; the fields of the address with which it has run
   */
  update(data) {
    this.data = data;
    keepPlaylist(data.pages);
    ranWith(data.name, data.fields);
  }

  redraw() {}

  stop() {}
}
