/**
 * To an address of the app, without loading it anew: Streamlit takes it for a step in the browser's
 * history, runs the page once, and gives each control what the address has, or its default.
 */
import { arrive } from "../output/bookmarks.js";
import { PRESENTATION } from "../parts/presentation.js";

const PATIENCE_MILLISECONDS = 4000; // for the page, if it has changed its address itself

/**
 * What a page has mounted. leave: nothing goes on; arrive: show what the address has.
 * @typedef {{leave: () => void, arrive: () => void}} Part
 */
/** @type {Set<Part>} */
const parts = new Set();
let awaited = null; // on the same page: the fields that it is to run with, and what was mounted then

/** Take part until the function that this gives is called. @param {Part} part */
export function takePart(part) {
  parts.add(part);
  return () => parts.delete(part);
}

export function goTo(address) {
  const isSamePage = new URL(address).pathname === window.location.pathname;
  for (const part of parts) part.leave();
  history.replaceState(history.state, "", address);
  arrive();
  clearTimeout(awaited?.timeout);
  const fields = textOf(Object.fromEntries(new URLSearchParams(window.location.search)));
  awaited = isSamePage ? { fields, parts: [...parts], timeout: setTimeout(end, PATIENCE_MILLISECONDS) } : null;
  window.dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
}

/** The page has run with these fields: what is on it shows what is asked for. */
export function ranWith(fields) {
  if (awaited?.fields === textOf(fields)) requestAnimationFrame(end);
}

/** Without what is the browser's alone, or says nothing. */
const textOf = (fields) => JSON.stringify(Object.entries(fields).filter(([name, value]) => value && ![...PRESENTATION, "stage"].includes(name)).sort());

/** What was there before is made anew; what has come since has begun with the address. */
function end() {
  if (!awaited) return;
  clearTimeout(awaited.timeout);
  const mounted = awaited.parts.filter((part) => parts.has(part));
  awaited = null;
  for (const part of mounted) part.arrive();
}
