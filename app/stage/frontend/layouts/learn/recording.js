/** A training as a file that *Replay* opens: its probes, and θ, logits and means of V at about log-spaced steps. */
import { CLASSES } from "../../learning/network.js";
import { PROBES } from "../../learning/measurement.js";
import { safetensors } from "../../learning/safetensors.js";

const MEAN_CLASSES = [2, 5, 8]; // as stn_core/training/probes.py has them

export class Recording {
  constructor(seed) {
    Object.assign(this, { seed, started: new Date().toISOString(), snapshots: [] });
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
    if (which === 1) tensors.push({ name: "theta", shape: [count, PROBES.length, 1, 6], values: column(({ theta }) => theta) });
    tensors.push({ name: "probes", shape: [PROBES.length, 1, side, side], values: joined(probes, Uint8Array) });
    if (which === 1) tensors.push({ name: "mean_output", shape: [count, MEAN_CLASSES.length, 1, side, side], values: joined(snapshots.map(({ means }) => means), Uint8Array) });
    return safetensors(tensors, { experiment, seed: this.seed, started: this.started, history });
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
