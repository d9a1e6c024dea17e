/** What a link brings back of a training in the browser: what it is steered by, and the probe. */
import { DEFAULTS } from "../../learning/trainer.js";
import { FAMILIES } from "../../learning/transformer.js";

const RATES = [1e-5, 1]; // between which a link's learning rate is taken
const DEGREES = [0, 180];

/** @param {import("./learn.js").Learn} learn */
export const stateOf = ({ settings, probe }) => ({ settings, probe });

/** Be as a link has it, at step 0; false where that cannot be. @param {import("./learn.js").Learn} learn */
export function restoreState(learn, { settings, probe }) {
  if (!isSettings(settings) || !(probe in learn.probes.labels)) return false;
  learn.choose(probe);
  learn.set({ ...settings });
  return true;
}

function isSettings(settings) {
  const names = Object.keys(DEFAULTS);
  if (!settings || Object.keys(settings).length !== names.length) return false;
  if (!names.every((name) => typeof settings[name] === typeof DEFAULTS[name]) || !(settings.family in FAMILIES)) return false;
  const isIn = (value, [least, most]) => value >= least && value <= most;
  return isIn(settings.rate, RATES) && isIn(settings.degrees, DEGREES);
}
