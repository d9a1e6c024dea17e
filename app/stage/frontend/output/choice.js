/**
 * A choice that Python has not answered yet. With whatever is reported the browser sends every
 * control as it stands, and so as it was before the choice: reports wait, or they would undo it.
 */

const PATIENCE_MILLISECONDS = 5000; // for an answer, which a broken connection does not bring

let chooser = null; // whose answer is awaited
let timeout;
const waiting = new Map(); // the newest report of each

/** @param {object} owner  whose next data answers the choice */
export function chosen(owner) {
  chooser = owner;
  clearTimeout(timeout);
  timeout = setTimeout(() => answered(owner), PATIENCE_MILLISECONDS);
}

/** @param {object} owner  @param {() => void} send */
export function report(owner, send) {
  if (chooser) waiting.set(owner, send);
  else send();
}

/** There is other data for this one, or there will be none. @param {object} owner */
export function answered(owner) {
  if (chooser !== owner) return;
  chooser = null;
  clearTimeout(timeout);
  const sends = [...waiting.values()];
  waiting.clear();
  for (const send of sends) send();
}

/** Nothing more comes of this one. @param {object} owner */
export function gone(owner) {
  waiting.delete(owner);
  answered(owner);
}
