/** The state of the stages in the address: what a widget's field cannot hold. */

const FIELD = "stage";
const LONGEST = 6000; // letters of it
const LARGEST = 1e6; // of a number in it, as stage/__init__.py has it

const packed = (value) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const unpacked = (text) => JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));

/** Whether a value is as many lists of numbers as another, each as long as its. */
export function isLike(value, other) {
  if (typeof other === "number") return typeof value === "number" && Math.abs(value) <= LARGEST;
  return Array.isArray(value) && value.length === other.length && value.every((v, i) => isLike(v, other[i]));
}

/** The address of the page with the state of these stages, by the names of what they show. */
export function address(stages) {
  const url = new URL(window.location.href);
  const state = {};
  for (const stage of stages) {
    const told = stage.state?.();
    const short = (v) => (Array.isArray(v) ? v.map(short) : typeof v === "number" ? Number(v.toPrecision(6)) : v);
    if (told) state[stage.data.token] = Object.fromEntries(Object.entries(told).map(([k, v]) => [k, short(v)]));
  }
  if (Object.keys(state).length) url.searchParams.set(FIELD, packed(unescaped(state)));
  else url.searchParams.delete(FIELD);
  return url.href;
}

/** btoa takes Latin letters alone. */
const unescaped = (state) => Object.fromEntries(Object.entries(state).map(([token, told]) => [encodeURIComponent(token), told]));

/** What the address has for a stage that shows this; null without it. Throws at nonsense. */
export function asked(token) {
  const text = new URL(window.location.href).searchParams.get(FIELD);
  if (!text) return null;
  if (text.length > LONGEST) throw new Error("it is too long");
  return unpacked(text)[encodeURIComponent(token)] ?? null;
}
