/**
 * The visitor's playlist, in the browser's own storage: every tab of it has the same one. A change is
 * made to the list as it is stored at that moment, pin by pin, so that tabs do not undo each other's.
 */
import { contentOf } from "./pins.js";

const KEY = "stn playlist";
const VERSION = 1;
const MAX_FORMER = 5; // lists that can be put back

/** @typedef {{pins: import("./pins.js").Pin[], former: import("./pins.js").Pin[][], look: object|null}} Stored */
const EMPTY = { version: VERSION, pins: [], former: [], look: null };

let inMemory = null; // where the browser stores nothing for this page
/** @type {Set<(isOwn: boolean) => void>} */
const listeners = new Set();

/** @returns {Stored} */
function read() {
  if (inMemory) return inMemory;
  try {
    const stored = JSON.parse(localStorage.getItem(KEY));
    return stored?.version === VERSION ? { ...EMPTY, ...stored } : { ...EMPTY };
  } catch {
    return { ...EMPTY };
  }
}

function write(stored) {
  try {
    localStorage.setItem(KEY, JSON.stringify(stored));
    inMemory = null;
  } catch {
    inMemory = stored; // until the tab is closed
  }
  tell(true);
}

const tell = (isOwn) => listeners.forEach((listener) => listener(isOwn));

window.addEventListener("storage", ({ key }) => key === KEY && tell(false));

/** Have a function called after every change, with whether it is this tab's own. */
export const onChange = (listener) => listeners.add(listener);

/** Whether the list outlives the tab. */
export const isKept = () => inMemory === null;

export const pins = () => read().pins;

/** How the pages are to be presented, as the file said from which the list came; once. */
export function takeLook() {
  const { look, ...stored } = read();
  if (look) write({ ...stored, look: null });
  return look;
}

/** How many lists can be put back, and how many pins the next of them has. */
export function former() {
  const lists = read().former;
  return { count: lists.length, pins: lists.at(-1)?.length ?? 0 };
}

function change(alter) {
  const stored = read();
  write({ ...stored, pins: alter([...stored.pins]) });
}

/** @param {number} [at]  its place; without one it is the last */
export const add = (pin, at = Infinity) => change((list) => (list.some(({ id }) => id === pin.id) ? list : list.toSpliced(at, 0, pin)));

/** @param {{title?: string, note?: string}} words */
export const edit = (id, words) => change((list) => list.map((pin) => (pin.id === id ? { ...pin, ...words } : pin)));

/** Up or down by so many places, as far as there are any. */
export function move(id, by) {
  change((list) => {
    const from = list.findIndex((pin) => pin.id === id);
    if (from < 0) return list;
    const to = Math.max(0, Math.min(list.length - 1, from + by));
    return list.toSpliced(from, 1).toSpliced(to, 0, list[from]);
  });
}

/** Gives the pin and the place that it had, for `add`. */
export function remove(id) {
  const at = pins().findIndex((pin) => pin.id === id);
  const pin = pins()[at];
  change((list) => list.filter((one) => one.id !== id));
  return [pin, at];
}

/** Another list; the present one can be put back, unless nothing of it is lost. */
export function replace(list, look = null) {
  const stored = read();
  const here = new Set(list.map(contentOf));
  const isLost = stored.pins.some((pin) => !here.has(contentOf(pin)));
  const lists = isLost ? [...stored.former, stored.pins].slice(-MAX_FORMER) : stored.former;
  write({ ...stored, pins: list, former: lists, look });
}

export function putBack() {
  const stored = read();
  const lists = [...stored.former];
  const list = lists.pop();
  if (list) write({ ...stored, pins: list, former: lists, look: null });
}
