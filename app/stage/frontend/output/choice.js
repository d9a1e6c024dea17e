/**
 * A choice that Python has not answered yet: a press of a strip, or of a control of Streamlit's that
 * may set another. With whatever is reported the browser sends every control as it stands, and so as
 * it was before the choice: reports wait until the page has run, or they would undo it.
 */

const PATIENCE_MILLISECONDS = 5000; // for an answer, which a broken connection does not bring
const REST_MILLISECONDS = 100; // without a run: one may follow another
const APP = "[data-testid=stApp]";
const STATE = "data-test-script-state";
const PRESSED = "[data-testid=stButton] button, [data-testid=stButtonGroup] button:not([aria-checked=true]), [role=option]:not([aria-selected=true])";
const CHANGED = "[data-testid=stCheckbox] input, [data-testid=stRadio] input";

let isAwaited = false;
let hasRun = false;
let timeout, rest;
const waiting = new Map(); // the newest report of each
const runs = new MutationObserver(look);

for (const [kind, controls] of [["click", PRESSED], ["change", CHANGED]]) {
  window.addEventListener(kind, ({ target }) => target.closest?.(controls) && chosen(), true);
}

/** The page will run. */
export function chosen() {
  isAwaited = true;
  hasRun = false;
  clearTimeout(timeout);
  timeout = setTimeout(answered, PATIENCE_MILLISECONDS);
  runs.observe(document.querySelector(APP), { attributeFilter: [STATE] });
  look();
}

/** @param {object} owner  @param {() => void} send */
export function report(owner, send) {
  if (isAwaited) waiting.set(owner, send);
  else send();
}

/** Nothing more comes of this one. @param {object} owner */
export function gone(owner) {
  waiting.delete(owner);
}

function look() {
  clearTimeout(rest);
  const isRunning = document.querySelector(APP)?.getAttribute(STATE) !== "notRunning";
  hasRun ||= isRunning;
  if (hasRun && !isRunning) rest = setTimeout(answered, REST_MILLISECONDS);
}

function answered() {
  isAwaited = false;
  runs.disconnect();
  clearTimeout(timeout);
  clearTimeout(rest);
  const sends = [...waiting.values()];
  waiting.clear();
  for (const send of sends) send();
}
