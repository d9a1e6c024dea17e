/**
 * The worker that trains: it takes steps in slices of a frame, tells the page how it stands after
 * each, and hears the page between them.
 */
import { safetensors, weightsOf } from "./safetensors.js";
import { Trainer } from "./trainer.js";

const SLICE_MILLISECONDS = 14; // so that a page is told 60 times a second
const FIRST_MEASUREMENT = 10;
const GROWTH = 1.3; // from one measurement to the next ...
const MOST_STEPS = 200; // ... and no more steps than these
const RECORDED = 1.08; // from one recorded step to the next

let digits = null;
let trainer = null;
let running = false;
let left = 0; // of the steps that were asked for; Infinity: until it is paused
let measureAt = 0;
let recordAt = 0;
let seconds = 0; // of training
let number = 0; // that the page has given to this run

const turn = new MessageChannel(); // a slice after the messages that have come meanwhile
let called = false; // a slice is to come
turn.port1.onmessage = slice;

function call() {
  if (!called) turn.port2.postMessage(0);
  called = true;
}

const HEARD = {
  digits({ pixels, labels, side, train }) {
    digits = { pixels, labels, side, train };
  },
  reset({ seed, settings, number: given }) {
    number = given;
    running = false;
    left = 0;
    trainer = new Trainer(digits, seed, settings);
    measureAt = recordAt = seconds = 0;
    tell();
  },
  set({ settings }) {
    trainer.set(settings);
    trainer.measurement.drawProbes();
    measureAt = trainer.steps; // by the new settings
    tell(null, true);
  },
  run({ steps = Infinity }) {
    left = Number.isFinite(left) ? left + steps : steps; // one step after the other, as quickly as they are asked for
    running = true;
    call();
  },
  pause() {
    left = 0;
  },
  weights({ which, experiment }) {
    const file = safetensors(weightsOf(trainer.networks[which]), { experiment });
    postMessage({ kind: "weights", experiment, file }, [file.buffer]);
  },
};

self.onmessage = ({ data }) => HEARD[data.kind](data);

function slice() {
  called = false;
  if (!running) return;
  const began = performance.now();
  const until = began + SLICE_MILLISECONDS;
  const totals = [0, 0];
  let taken = 0;
  while (left > 0 && performance.now() < until) {
    trainer.step();
    taken += 1;
    left -= 1;
    totals.forEach((_, n) => (totals[n] += trainer.losses[n]));
    if (trainer.steps >= measureAt) break;
  }
  running = left > 0;
  seconds += (performance.now() - began) / 1000;
  tell(taken ? totals.map((total) => total / taken) : null);
  if (running) call();
}

/** How it stands. losses: means since the last time; anew: the probes are others */
function tell(losses = null, anew = trainer.steps === 0) {
  const { measurement, steps, settings } = trainer;
  measurement.look();
  const told = { kind: "state", number, steps, seconds, losses, running, settings: { ...settings }, theta: measurement.theta.slice(), logits: measurement.logits.map((l) => l.slice()) };
  if (steps >= measureAt || !running) {
    told.measured = measurement.measure();
    told.means = measurement.meanImages();
    measureAt = Math.max(steps + 1, Math.min(steps + MOST_STEPS, Math.max(FIRST_MEASUREMENT, Math.ceil(steps * GROWTH))));
    if (steps >= recordAt) {
      told.recorded = true;
      recordAt = Math.max(FIRST_MEASUREMENT, Math.ceil(steps * RECORDED));
    }
  }
  if (anew) told.probes = measurement.probes.slice();
  postMessage(told);
}
