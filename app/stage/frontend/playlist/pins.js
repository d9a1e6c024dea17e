/** A pin: a page with its whole state, as its link has it, under a title and with a note. */
import { PRESENTATION } from "../parts/presentation.js";

export const MAX_PINS = 100;
const MAX_CHARS = { title: 120, note: 400, page: 60, fields: 12_000 };
const TOUR = ["stop", "done", "lesson"]; // of whoever is on the tour; a pin is of its page alone
/** The page whose address has no name. */
export const FRONT = "front";

/** A page's name, of its path. */
export const nameOf = (path) => path.split("/").pop() || FRONT;

const MAX_WORD = 30; // of a field, in a title
const IS_WORD = /^(?!run-).*\p{L}/u; // no number, nor the key of a training

/**
 * @typedef {object} Pin
 * @property {string} id  tells it from every other of this browser
 * @property {string} title
 * @property {string} note
 * @property {string} page  its name
 * @property {Object<string, string>} fields  of the page's address, but for how the page is presented
 */

/** A name that no other pin has. */
const newId = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 8);

/** A pin of an address of the app. @param {Object<string, string>} pages  their titles, by name */
export function pinOf(href, pages) {
  const url = new URL(href);
  const page = nameOf(url.pathname);
  const fields = Object.fromEntries([...url.searchParams].filter(([name]) => !PRESENTATION.includes(name) && !TOUR.includes(name)));
  return { id: newId(), title: titleOf(page, fields, pages), note: "", page, fields };
}

/** What a pin is called as long as nobody has called it: its page, and what was chosen there, in words. */
export function titleOf(page, fields, pages) {
  const { step, stage, ...others } = fields;
  const words = Object.entries(others)
    .sort(([a], [b]) => b.endsWith("view") - a.endsWith("view"))
    .map(([, value]) => value)
    .filter((value) => value.length <= MAX_WORD && IS_WORD.test(value) && !["true", "false"].includes(value));
  if (step) words.unshift(`step ${step}`);
  const title = pages[page] ?? page;
  return words.length ? `${title}: ${words.slice(0, 2).join(", ")}` : title;
}

/** A pin's address, as large and as bare as the page of now. */
export function addressOf(pin, here = window.location.href) {
  const now = new URL(here);
  const url = new URL(now.pathname.replace(/[^/]*$/, pin.page === FRONT ? "" : pin.page), now.origin);
  for (const [name, value] of Object.entries(pin.fields)) url.searchParams.set(name, value);
  for (const name of PRESENTATION) for (const value of now.searchParams.getAll(name)) url.searchParams.append(name, value);
  return url.href;
}

/** What is said of a pin whose page is not among these: it may be of another version. Empty for the others. */
export const missingPage = ({ page }, pages) => (Object.hasOwn(pages, page) ? "" : `This version has no page “${page}”.`);

/** How the page of now is presented: the fields of its address for it. */
export const lookOf = (href = window.location.href) =>
  Object.fromEntries([...new URL(href).searchParams].filter(([name]) => PRESENTATION.includes(name)));

/**
 * A pin out of a link or a file. Throws an Error that says what is wrong with it.
 * @param {any} given  @param {number} number  from 1 on  @param {Object<string, string>} pages
 * @returns {Pin}
 */
export function checkedPin(given, number, pages) {
  const isText = (value, name) => typeof value === "string" && value.length <= MAX_CHARS[name];
  const { title, note = "", page, fields } = given ?? {};
  const called = isText(title, "title") && title ? `Pin ${number} (${title})` : `Pin ${number}`;
  if (!isText(title, "title") || !isText(note, "note") || !isText(page, "page")) {
    throw new Error(`${called} is damaged: it should have a title of at most ${MAX_CHARS.title} characters, a note of at most ${MAX_CHARS.note}, and a page.`);
  }
  if (missingPage(given, pages)) throw new Error(`${called} is of the page “${page}”, which this version of the app does not have.`);
  const isFields = fields !== null && typeof fields === "object" && !Array.isArray(fields);
  if (!isFields || !Object.values(fields).every((value) => typeof value === "string") || JSON.stringify(fields).length > MAX_CHARS.fields) {
    throw new Error(`${called} is damaged: the state of its page cannot be read.`);
  }
  return { id: newId(), title: title || titleOf(page, fields, pages), note, page, fields: { ...fields } };
}

/** What two pins have in common if they are the same, but for their ids. */
export const contentOf = ({ title, note, page, fields }) => JSON.stringify([title, note, page, Object.entries(fields).sort()]);
