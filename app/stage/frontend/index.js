/**
 * The stage: U with T_θ(G) on it and V beside it, drawn in every frame by the browser itself.
 * One large pair to take in hand, a strip of small ones to look at or to choose from, trainings to
 * be replayed, a wall of images with a box on each, a volume and what is read of it, or the whole of
 * Fig. 2.
 */
import { asked } from "./output/link.js";
import { Figure2 } from "./layouts/figure2/figure2.js";
import { between } from "./maths/grid.js";
import { kernel } from "./maths/kernels.js";
import { listen } from "./parts/keys.js";
import { Labels } from "./layouts/labels/labels.js";
import { halves } from "./maths/layers.js";
import { Large } from "./layouts/large.js";
import { element } from "./parts/pair.js";
import { Replay } from "./layouts/replay/replay.js";
import { Strip } from "./layouts/strip.js";
import { Volume } from "./layouts/volume/volume.js";
import { Wall } from "./layouts/wall.js";

// Streamlit now and then ends a component and mounts it again on the same element, between two
// reruns that come close together: what a hand has done there goes on.
const GRACE_MILLISECONDS = 1000;
const LAYOUTS = { large: Large, strip: Strip, replay: Replay, wall: Wall, volume: Volume, figure2: Figure2, labels: Labels };

/** @type {WeakMap<object, {stage: Large | Strip | Replay | Wall | Volume | Figure2 | Labels, layout: string, words: string}>} */
const mounted = new WeakMap();

export default function mount({ data: told, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".stage");
  let here = mounted.get(parentElement);
  clearTimeout(here?.ending);
  if (here?.layout !== told.layout) {
    here?.end();
    const python = {
      tell: (value) => here.setState("report", value),
      choose: (id) => here.setTrigger("selected", id),
    };
    const stage = new LAYOUTS[told.layout](root, python);
    const resizes = new ResizeObserver(() => stage.redraw());
    here = { stage, layout: told.layout, words: "" };
    const deaf = listen(stage, root);
    here.end = () => {
      clearTimeout(here.ending);
      resizes.disconnect();
      deaf();
      stage.stop();
      mounted.delete(parentElement);
    };
    here.dispose = () => {
      if (parentElement.isConnected) here.ending = setTimeout(here.end, GRACE_MILLISECONDS);
      else here.end();
    };
    mounted.set(parentElement, here);
    // The tour's stop, above the stage: what was seen is read out as soon as it is done.
    document.querySelector(".st-key-tour")?.setAttribute("aria-live", "polite");
    resizes.observe(root);
    here.fresh = true;
  }
  here.setState = setStateValue;
  here.setTrigger = setTriggerValue;
  const words = JSON.stringify(told);
  const decoded = { replay: recorded, wall: boxed, volume: solid, figure2: run, labels: run }[told.layout] ?? decode;
  if (words !== here.words) here.stage.update(decoded(told, words)); // else a rerun without news
  here.words = words;
  if (here.fresh) restore(here.stage, root);
  here.fresh = false;
  return here.dispose;
}

/** Bring a stage to where the page's link has it. */
function restore(stage, root) {
  if (!stage.restore) return;
  let fits = false;
  try {
    const state = asked(stage.data.token);
    fits = state === null || stage.restore(state);
  } catch {
    // what the link has is no state at all
  }
  if (fits) return;
  const words = "What the link says of this stage cannot be had here, and was left out.";
  root.append(element("p", { className: "words", textContent: words, role: "status" }));
}

/** Base64 to the bytes it stands for. */
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

const form = (told) =>
  told && {
    ...told,
    slope: floats(told.slope),
    offset: floats(told.offset),
    target: floats(told.target),
    latticeTarget: floats(told.latticeTarget),
    handleTarget: floats(told.handleTarget),
  };

function decode(told, words) {
  const { items, track, echo, adopted, ...rest } = told;
  // What the pair is built from; predictions, the track and the pose may change.
  const shape = JSON.stringify([rest, track?.name, items.map(({ id, image, alt }) => [id, image, alt])]);
  const [height, width] = told.inputSize;
  const source = (image) => ({ pixels: bytes(image), channels: told.channels, height, width });
  return {
    ...told,
    words,
    shape,
    items: items.map((item) => ({ ...item, source: source(item.image) })),
    transform: form(told.transform),
    reading: { ...told.reading, kernel: kernel(told.reading.kernel, told.reading.halfWidth) },
    track: track && played(track, items.length, told.transformers.length),
    inputs: told.inputs?.map((input) => ({ ...input, form: form(input.form), source: picture(input, told.channels) })),
  };
}

/** What a hand moves: as many channels as U, or one of them. */
function picture({ image, size, channel }, channels) {
  return { pixels: bytes(image), channels: channel === null ? channels : 1, height: size[0], width: size[1] };
}

/** A track from Python: θ of every frame, item and transformer, and the input's pose, if it moves. */
function played(track, items, transformers) {
  const thetas = floats(track.thetas);
  const poses = track.poses && floats(track.poses);
  const { count } = track;
  const params = thetas.length / (count * items * transformers);
  const slice = (flat, at, length) => Array.from(flat.subarray(at, at + length));
  const mixed = (values, position) => {
    const first = Math.min(count - 1, Math.floor(position));
    const second = Math.min(count - 1, first + 1);
    return between(values(first), values(second), position - first);
  };
  return {
    ...track,
    label: (frame) => track.labels[frame],
    theta: (position, item) =>
      [...Array(transformers).keys()].map((n) =>
        mixed((frame) => {
          const at = ((frame * items + item) * transformers + n) * params;
          return slice(thetas, at, params);
        }, position)
      ),
    pose: poses && ((position) => mixed((frame) => slice(poses, 6 * frame, 6), position)),
  };
}

/** Recorded runs: for each frame and probe θ and the probabilities, and the mean images. */
function recorded(told) {
  const runs = told.runs.map((run) => {
    const thetas = floats(run.thetas);
    const probabilities = floats(run.probabilities);
    const means = bytes(run.means);
    const [probes, classes] = [run.probes.length, run.classes.length];
    const several = run.transformers.length;
    const params = several && thetas.length / (run.steps.length * probes * several);
    const [high, wide] = run.meanSize;
    const cut = (flat, row, length) => Array.from(flat.subarray(row * length, (row + 1) * length));
    return {
      ...run,
      transform: form(run.transform),
      reading: { kernel: kernel("bilinear", 1), padding: "zeros", pool: 1, outside: run.outside },
      features: {},
      colours: told.colours,
      probes: run.probes.map((probe) => ({
        ...probe,
        source: { pixels: bytes(probe.image), channels: run.channels, height: run.inputSize[0], width: run.inputSize[1] },
      })),
      theta: (frame, probe, n) => cut(thetas, (frame * probes + probe) * several + n, params),
      probability: (frame, probe) => cut(probabilities, frame * probes + probe, classes),
      mean: (frame, c, n) => ({
        pixels: means.subarray(((frame * run.meanClasses.length + c) * several + n) * high * wide),
        channels: 1,
        height: high,
        width: wide,
      }),
    };
  });
  const shape = JSON.stringify([told.token, told.runs.map(({ name, transform, probes }) => [name, transform, probes])]);
  return { ...told, runs, shape };
}

/** A co-localisation: its images, the boxes of every frame, and the true ones. */
function boxed(told) {
  const [high, wide] = told.inputSize;
  const images = bytes(told.images);
  const thetas = floats(told.thetas);
  const truth = told.truth && floats(told.truth);
  const three = (flat, row) => Array.from(flat.subarray(3 * row, 3 * row + 3));
  const numbers = [...Array(told.count).keys()];
  return {
    ...told,
    sources: numbers.map((i) => ({
      pixels: images.subarray(i * high * wide, (i + 1) * high * wide),
      channels: 1,
      height: high,
      width: wide,
    })),
    thetas: (frame, i) => three(thetas, frame * told.count + i),
    truth: truth && numbers.map((i) => three(truth, i)),
    shape: told.token,
  };
}

/** A volume: its digit and pose, and θ, or θ of every frame of a training. */
function solid(told) {
  const { digit, pose, track } = told;
  const played = track && {
    ...track,
    thetas: floats(track.thetas),
    probabilities: floats(track.probabilities),
    means: track.means && bytes(track.means),
  };
  const twelve = (frame) => Array.from(played.thetas.subarray(12 * frame, 12 * frame + 12));
  return {
    ...told,
    digit: { ...digit, pixels: bytes(digit.pixels) },
    pose: { turn: pose.slice(0, 9), shift: pose.slice(9) },
    track: played && {
      ...played,
      label: (frame) => `step ${track.steps[frame].toLocaleString()}`,
      theta: (position) => {
        const first = Math.min(track.count - 1, Math.floor(position));
        return between(twelve(first), twelve(Math.min(track.count - 1, first + 1)), position - first);
      },
      odds: (frame) => Array.from(played.probabilities.subarray(10 * frame, 10 * frame + 10)),
    },
    shape: JSON.stringify([digit, pose, told.outputSide, told.transforms, Boolean(track)]),
  };
}

/** A network's layers with their weights, and digits to be moved, or one image. */
function run(told) {
  const layers = (list) =>
    list.map((layer) => (layer.weight ? { ...layer, weight: halves(bytes(layer.weight)), bias: halves(bytes(layer.bias)) } : layer));
  const { network } = told;
  return {
    ...told,
    network: { ...network, localisation: layers(network.localisation), classifier: layers(network.classifier) },
    source: told.image && { pixels: bytes(told.image), channels: 1, height: network.size, width: network.size },
    digits: told.digits?.map((digit) => ({ ...digit, source: picture({ ...digit, channel: 0 }, 1) })),
  };
}
