/** Give a file to the visitor. */
import { element } from "../dom.js";

/** @param {string|Blob} content  @param {string} name  of the file  @param {string} [type]  of a string */
export function download(content, name, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
