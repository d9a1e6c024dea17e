/** The state of the layouts in the address: what a widget's field cannot hold. */

const FIELD = "stage";
const ONLY = "only"; // before a state, or alone: stage mode
const MAX_STATE_CHARS = 6000;
const MAX_NUMBER = 1e6; // as in stage/large.py

export const packed = (value) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const unpacked = (text) => JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));

/** Whether a value is as many lists of numbers as another, each as long as its. */
export function isLike(value, other) {
  if (typeof other === "number") return typeof value === "number" && Math.abs(value) <= MAX_NUMBER;
  return Array.isArray(value) && value.length === other.length && value.every((v, i) => isLike(v, other[i]));
}

/** A number, or numbers in lists, in six digits. */
const rounded = (v) => (Array.isArray(v) ? v.map(rounded) : typeof v === "number" ? Number(v.toPrecision(6)) : v);

/**
 * The states of these layouts, by the names of what they show.
 * @param {import("../layouts/layouts.js").Layout[]} layouts
 */
export function statesOf(layouts) {
  const states = {};
  for (const layout of layouts) {
    const state = layout.state?.();
    if (!state) continue;
    const entries = Object.entries(state).map(([name, value]) => [name, rounded(value)]);
    states[layout.data.token] = Object.fromEntries(entries);
  }
  return states;
}

/** The address of the page with the states of these layouts. */
export function address(layouts) {
  const states = Object.entries(statesOf(layouts)).map(([token, state]) => [encodeURIComponent(token), state]);
  return withField(isOnly(), states.length ? packed(Object.fromEntries(states)) : ""); // btoa takes Latin letters alone
}

/** The address of the page with stage mode or without it, and with a state or, if it is empty, none. */
function withField(only, state) {
  const url = new URL(window.location.href);
  const value = [only ? ONLY : "", state].filter(Boolean).join(".");
  if (value) url.searchParams.set(FIELD, value);
  else url.searchParams.delete(FIELD);
  return url.href;
}

const parts = () => (new URL(window.location.href).searchParams.get(FIELD) ?? "").split(".");

/** Whether the address asks for stage mode. */
export const isOnly = () => parts()[0] === ONLY;

/** The state that the address has, packed; empty without one. */
const requested = () => parts().filter((part) => part !== ONLY).join(".");

/** The address with stage mode, or without it. */
export const withOnly = (on) => withField(on, requested());

/** The state that the address has for what has this token; null without it. Throws at nonsense. */
export function requestedState(token) {
  const text = requested();
  if (!text) return null;
  if (text.length > MAX_STATE_CHARS) throw new Error("the state in the link is too long");
  return unpacked(text)[encodeURIComponent(token)] ?? null;
}
