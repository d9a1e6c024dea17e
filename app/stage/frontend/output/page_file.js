/** A stage as a page of its own, which Python makes with what the stages of this page are like now. */
import { button, element } from "../dom.js";
import { mountedLayouts } from "../parts/keys.js";
import { download } from "./download.js";
import { statesOf } from "./link.js";
import { shownTheme } from "./theme.js";

export const WANTED = "pagewanted"; // an event on the layout's root, for whoever can ask Python

/** @type {Map<number, (name: string, content: string) => void>} */
const asked = new Map(); // who has asked, by the number of the asking
const given = new Set();

/**
 * The button, what there is to say of the file, and a function that writes its size on the button;
 * null where Python offers no file.
 */
export function pageParts(layout, words) {
  if (!layout.data.page) return null;
  const save = (name, content) => {
    download(content, name, "text/html");
    words.textContent = `Saved as ${name}.`;
  };
  const press = () => {
    words.textContent = "Making the page …";
    want(layout.root, save);
  };
  const ask = button("", press, { title: "The figure as one HTML file that works without a network" });
  const frame = element("code", { textContent: `<iframe src="${layout.data.page.name}" width="1280" height="720"></iframe>` });
  const note = element("p", { className: "words" }, "The page is one file with the figure as it is now. Double-click it, or show it in slides: ", frame);
  const measure = () => (ask.textContent = `Page (HTML), ${megabytes(layout)} MB`);
  return { ask, note, measure };
}

/** With one digit after the point. A layout may need more than Python knows of when it is sent. */
const megabytes = ({ data, bytesBeside = 0 }) => ((data.page.bytes + bytesBeside) / 1e6).toFixed(1);

/** The page of a layout as text, to which Python gives a `page`. @returns {Promise<string>} */
export const pageOf = (layout) => new Promise((done) => want(layout.root, (_, content) => done(content)));

function want(root, done) {
  const number = Date.now();
  asked.set(number, done);
  const preferred = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const shown = shownTheme(root);
  const detail = { number, states: statesOf(mountedLayouts()), theme: shown === preferred ? null : shown };
  root.dispatchEvent(new CustomEvent(WANTED, { bubbles: true, detail }));
}

/**
 * Python has made it, and sends it with every run until it hears that it has come.
 * @param {{number: number, name: string, content: string}} file
 * @param {(value: object) => void} tell  Python
 */
export function give({ number, name, content }, tell) {
  if (given.has(number)) return;
  given.add(number);
  tell({ taken: number });
  asked.get(number)?.(name, content); // of nobody, if the page has been loaded again meanwhile
}
