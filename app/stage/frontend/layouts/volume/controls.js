/** What a volume is taken by: what the hand moves, sliders of the picture, and numbers. */
import { element, group } from "../../dom.js";
import { POSE, compose, decompose, degreesOf, rotation } from "../../maths/solid.js";
import { NARROW_PIXELS, Sliders } from "../../parts/numbers.js";

/** Whether two lists of numbers are the same but for rounding. */
export const isClose = (one, other) => one.every((v, i) => Math.abs(v - other[i]) < 1e-6);

/**
 * What the hand takes, and whether it turns or moves it.
 * @param {{what: string, how: string}} hand  which is changed
 */
export function handGroups({ track, transforms }, hand) {
  const targets = [{ value: "view", name: "view" }];
  if (!track) targets.push({ value: "digit", name: "digit" });
  if (transforms && !track) targets.push({ value: "grid", name: "grid" });
  if (!targets.some(({ value }) => value === hand.what)) hand.what = "view";
  if (targets.length === 1) return [];
  const moves = [{ value: "turn", name: "turn" }, { value: "move", name: "move" }];
  const ways = group("to:", moves, hand.how, (how) => (hand.how = how));
  ways.setAttribute("aria-label", "Turn or move");
  const take = (what) => {
    hand.what = what;
    for (const one of ways.querySelectorAll("button")) one.disabled = what === "view"; // it turns
  };
  take(hand.what);
  return [group("Drag:", targets, hand.what, take), ways];
}

/** A slider with a name. */
export class Knob {
  /** @param {(value: number) => void} onValue */
  constructor(name, title, max, step, value, onValue) {
    this.range = element("input", { type: "range", min: 0, max, step, value, title, ariaLabel: `${name}: ${title}` });
    this.range.oninput = () => onValue(Number(this.range.value));
    this.node = element("label", { className: "knob" }, element("span", { textContent: name }), this.range);
  }

  set value(value) {
    this.range.value = value;
  }
}

/** θ as a pose and as entries. @param {(theta: number[], held: HTMLElement) => void} onTheta */
export function thetaSliders({ names }, onTheta) {
  const pose = new Sliders("θ as rotation, scale, shear and translation", POSE, 3, false, (values, held) =>
    onTheta(compose(values), held)
  );
  // Of the ways to write a θ, the one that the hand has set is kept.
  pose.valuesOf = ({ theta }) => (isClose(compose(pose.values), theta) ? pose.values : decompose(theta));
  pose.node.style.setProperty("--name", "4rem");
  const rows = names.map((name, p) => ({ name, range: [-2, 2], step: 0.01, p }));
  const entries = new Sliders("Parameters θ", rows, 4, false, onTheta);
  entries.valuesOf = ({ theta }) => theta;
  return [pose, entries];
}

/** The digit's turn and shift. @param {(pose: object, held: HTMLElement) => void} onPose */
export function digitSliders(width, onPose) {
  const rows = [...POSE.slice(0, 3), ...POSE.slice(9)];
  const columns = width > NARROW_PIXELS ? 3 : 1;
  const digit = new Sliders("Digit's pose: rotation in degrees, shift", rows, columns, false, (values, held) =>
    onPose({ turn: rotation(values.slice(0, 3)), shift: values.slice(3) }, held)
  );
  digit.valuesOf = ({ pose: { turn, shift } }) => {
    const degrees = digit.values.slice(0, 3);
    return [...(isClose(rotation(degrees), turn) ? degrees : degreesOf(turn)), ...shift];
  };
  digit.node.style.setProperty("--name", "4rem");
  return digit;
}
