/** A stage as a page of its own, which Python makes with what the stages of this page are like now. */
import { button, element } from "../dom.js";
import { mountedLayouts } from "../parts/keys.js";
import { download } from "./download.js";
import { statesOf } from "./link.js";
import { shownTheme } from "./theme.js";

export const WANTED = "pagewanted"; // an event on the layout's root, for whoever can ask Python

const asked = new Map(); // the words beside the button, by the number of the asking
const given = new Set();

/**
 * The button, what there is to say of the file, and a function that writes its size on the button;
 * null where Python offers no file.
 */
export function pageParts(layout, words) {
  if (!layout.data.page) return null;
  const ask = button("", () => want(layout.root, words), { title: "The figure as one HTML file that works without a network" });
  const frame = element("code", { textContent: `<iframe src="${layout.data.page.name}" width="1280" height="720"></iframe>` });
  const note = element("p", { className: "words" }, "The page is one file with the figure as it is now. Double-click it, or show it in slides: ", frame);
  const measure = () => (ask.textContent = `Page (HTML), ${megabytes(layout)} MB`);
  return { ask, note, measure };
}

/** With one digit after the point. A layout may need more than Python knows of when it is sent. */
const megabytes = ({ data, bytesBeside = 0 }) => ((data.page.bytes + bytesBeside) / 1e6).toFixed(1);

function want(root, words) {
  const number = Date.now();
  asked.set(number, words);
  words.textContent = "Making the page …";
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
  const words = asked.get(number);
  if (!words) return; // the page has been loaded again meanwhile
  download(content, name, "text/html");
  words.textContent = `Saved as ${name}.`;
}
