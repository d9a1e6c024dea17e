/**
 * To an address of the app, without loading it anew: Streamlit takes it for a step in the browser's
 * history, runs the page once, and gives each control what the address has, or its default.
 */
import { arrive } from "../output/bookmarks.js";
import { hasRun, takeAddress } from "../parts/history.js";
import { PRESENTATION } from "../parts/presentation.js";
import { nameOf } from "./pins.js";

const PATIENCE_MILLISECONDS = { same: 4000, other: 30_000 }; // for a page that has changed its address itself, and for another page

/**
 * What a page has mounted. leave: nothing goes on; arrive: show what the address has.
 * @typedef {{leave: () => void, arrive: () => void}} Part
 */
/** @type {Set<Part>} */
const parts = new Set();
let awaited = null; // how the page is to run, what was mounted before, and who waits for it

/** Take part until the function that this gives is called. @param {Part} part */
export function takePart(part) {
  parts.add(part);
  return () => parts.delete(part);
}

/** Resolves once the page has run, and shows what the address has. */
export function goTo(address) {
  const isSamePage = new URL(address).pathname === window.location.pathname;
  const mounted = isSamePage ? [...parts] : []; // of another page it goes
  for (const part of parts) part.leave();
  takeAddress(address);
  arrive();
  awaited?.stop();
  awaited?.done(); // the page is on another way now
  const here = textOf(window.location.pathname, Object.fromEntries(new URLSearchParams(window.location.search)));
  return new Promise((done) => {
    const timeout = setTimeout(end, PATIENCE_MILLISECONDS[isSamePage ? "same" : "other"]);
    awaited = { here, isSamePage, mounted, done, stop: () => clearTimeout(timeout) };
    window.dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
  });
}

/** A page has run. @param {string} page  its name  @param {object} fields  of the address that it had */
export function ranWith(page, fields) {
  const [name, own] = textOf(page, fields);
  if (name === nameOf(window.location.pathname)) hasRun();
  if (!awaited) return;
  if (name === awaited.here[0] && (own === awaited.here[1] || !awaited.isSamePage)) requestAnimationFrame(end);
}

/** The page, and its fields without what is the browser's alone, or says nothing. */
function textOf(page, fields) {
  const own = Object.entries(fields).filter(([name, value]) => value && ![...PRESENTATION, "stage"].includes(name));
  return [nameOf(page), JSON.stringify(own.sort())];
}

/** What was there before is made anew; what has come since has begun with the address. */
function end() {
  if (!awaited) return;
  const { mounted, done, stop } = awaited;
  awaited = null;
  stop();
  for (const part of mounted) if (parts.has(part)) part.arrive();
  done();
}
