/** A training as a file that *Replay* opens: its probes, and θ, logits and means of V at about log-spaced steps. */
import { CLASSES } from "../../learning/network.js";
import { PROBES } from "../../learning/measurement.js";
import { safetensors } from "../../learning/safetensors.js";
import { FAMILIES } from "../../learning/transformer.js";

const MOST_CHANGES = 1000; // of settings, that are kept
const MEAN_CLASSES = [2, 5, 8]; // as stn_core/training/probes.py has them

/** Whose network it is: one with attention is another experiment's. */
export const experimentOf = (experiment, family) => (family === "attention" ? experiment.replace(/-aff$/, "-att") : experiment);

const isTheSame = (one, other) => Object.keys(one).every((name) => one[name] === other[name]);

export class Recording {
  constructor(seed) {
    Object.assign(this, { seed, started: new Date().toISOString(), snapshots: [], settings: [] });
  }

  /** Note the settings, and from which step on they hold. */
  follow({ steps, settings }) {
    const noted = this.settings.filter(({ step }) => step < steps);
    const last = noted.at(-1);
    if (!last || !isTheSame(last.settings, settings)) noted.push({ step: steps, settings });
    this.settings = noted.slice(0, MOST_CHANGES);
  }

  /** The first step at which settings were changed: undefined in a run that its link gives again. */
  get changedAt() {
    return this.settings[1]?.step;
  }

  /** Of all its θ: affine, unless all are an attention's. */
  get family() {
    return this.settings.every(({ settings }) => settings.family === "attention") ? "attention" : "affine";
  }

  /** What the worker tells of a step that is to be recorded. */
  take({ steps, theta, logits, means, measured }, each) {
    if (this.snapshots.some((one) => one.steps === steps)) return; // looked at again, at a pause
    const shown = MEAN_CLASSES.map((c) => means.subarray(c * each, (c + 1) * each));
    this.snapshots.push({ steps, theta, logits, means: joined(shown, Uint8Array), errors: measured.errors });
  }

  /**
   * @param {number} which  of the networks  @param {string} experiment  its name
   * @param {Uint8ClampedArray[]} probes  @param {import("./record.js").Record} record  losses, rate and seconds
   */
  file(which, experiment, probes, record, side) {
    const { snapshots } = this;
    const count = snapshots.length;
    const column = (of) => joined(snapshots.map(of), Float32Array);
    const history = record.x.map((step, i) => ({
      step,
      loss: record.y[which][i],
      measures: {},
      learning_rate: record.y[2][i],
      gradient_norms: {},
      seconds: record.y[3][i],
    }));
    const tensors = [
      { name: "step", shape: [count], values: Int32Array.from(snapshots, ({ steps }) => steps) },
      { name: "labels", shape: [PROBES.length], values: Int32Array.from(PROBES) },
      { name: "logits", shape: [count, PROBES.length, CLASSES], values: column(({ logits }) => logits[which]) },
      { name: "measure", shape: [count], values: Float32Array.from(snapshots, ({ errors }) => errors[which]) },
    ];
    const { entries } = FAMILIES[this.family];
    const params = (matrices) => Array.from({ length: PROBES.length }, (_, n) => entries.map(([at]) => matrices[6 * n + at])).flat();
    if (which === 1) tensors.push({ name: "theta", shape: [count, PROBES.length, 1, entries.length], values: column(({ theta }) => params(theta)) });
    tensors.push({ name: "probes", shape: [PROBES.length, 1, side, side], values: joined(probes, Uint8Array) });
    if (which === 1) tensors.push({ name: "mean_output", shape: [count, MEAN_CLASSES.length, 1, side, side], values: joined(snapshots.map(({ means }) => means), Uint8Array) });
    return safetensors(tensors, { experiment, seed: this.seed, started: this.started, history, settings: this.settings });
  }
}

function joined(parts, Kind) {
  const result = new Kind(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
