/** What Python sends of a stage, decoded: text to numbers, and recordings to functions of a frame. */
import { between } from "./maths/grid.js";
import { kernel } from "./maths/kernels.js";
import { halves } from "./maths/layers.js";

const DECODERS = { large: pairs, depth, windows, strip: pairs, replay, wall, volume, story, labels: network, beat: network, digits: installed };

/** @param {object} payload  of the layout that it names */
export const decode = (payload) => DECODERS[payload.layout]?.(payload) ?? payload;

/** Base64 to the bytes it stands for. */
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

const form = (text) =>
  text && {
    ...text,
    slope: floats(text.slope),
    offset: floats(text.offset),
    target: floats(text.target),
    latticeTarget: floats(text.latticeTarget),
    handleTarget: floats(text.handleTarget),
  };

/** The entries of row `row` in rows of this length. */
const rowOf = (flat, row, length) => Array.from(flat.subarray(row * length, (row + 1) * length));

/** What a list of lists has at a position, which may lie between two frames. */
function interpolated(frame, count, position) {
  const first = Math.min(count - 1, Math.floor(position));
  const second = Math.min(count - 1, first + 1);
  return between(frame(first), frame(second), position - first);
}

function pairs(payload) {
  const { items, track, echo, run, probabilities, page, ...rest } = payload;
  // What the pair is built from; predictions, probabilities, the track, the pose and what a file weighs may change.
  const shape = JSON.stringify([rest, track?.name, items.map(({ id, image, alt }) => [id, image, alt])]);
  const [height, width] = payload.inputSize;
  const source = (image) => ({ pixels: bytes(image), channels: payload.channels, height, width });
  return {
    ...payload,
    shape,
    items: items.map((item) => ({ ...item, source: source(item.image) })),
    transform: form(payload.transform),
    reading: { ...payload.reading, kernel: kernel(payload.reading.kernel, payload.reading.halfWidth) },
    track: track && trackOf(track, items.length, payload.transformers.length),
    inputs: payload.inputs?.map((input) => ({ ...input, form: form(input.form), source: picture(input, payload.channels) })),
  };
}

/** What a hand moves: as many channels as U, or one of them. */
function picture({ image, size, channel }, channels) {
  return { pixels: bytes(image), channels: channel === null ? channels : 1, height: size[0], width: size[1] };
}

/** A track from Python: θ of every frame, item and transformer, and the input's pose, if it moves. */
function trackOf(track, items, transformers) {
  const thetas = floats(track.thetas);
  const poses = track.poses && floats(track.poses);
  const { count } = track;
  const params = thetas.length / (count * items * transformers);
  const theta = (frame, item, n) => rowOf(thetas, (frame * items + item) * transformers + n, params);
  return {
    ...track,
    label: (frame) => track.labels[frame],
    theta: (position, item) =>
      [...Array(transformers).keys()].map((n) => interpolated((frame) => theta(frame, item, n), count, position)),
    pose: poses && ((position) => interpolated((frame) => rowOf(poses, frame, 6), count, position)),
  };
}

/** Recorded runs; their shape is what the layout is built from. */
function replay(payload) {
  const runs = payload.runs.map((run) => recording(run, payload.colours));
  const shape = JSON.stringify([payload.token, payload.runs.map(({ name, transform, probes, logs }) => [name, transform, probes, logs])]);
  return { ...payload, runs, shape };
}

/** A recorded run: for each frame and probe θ and the probabilities, and the mean images. */
function recording(run, colours) {
  const thetas = floats(run.thetas);
  const probabilities = floats(run.probabilities);
  const means = bytes(run.means);
  const [probes, classes] = [run.probes.length, run.heads * run.classes.length];
  const several = run.transformers.length;
  const frames = run.frames && bytes(run.frames);
  const params = several && thetas.length / (run.steps.length * probes * several);
  const [high, wide] = run.meanSize;
  const [height, width] = run.inputSize;
  const picture = (pixels) => ({ pixels, channels: run.channels, height, width });
  const each = run.channels * height * width;
  return {
    ...run,
    transform: form(run.transform),
    reading: { kernel: kernel(run.reading.kernel), padding: run.reading.padding, pool: 1, outside: run.outside },
    features: {},
    colours: run.named ? { ...colours, corner: null } : colours, // windows are never turned
    probes: run.probes.map((probe) => ({ ...probe, source: picture(bytes(probe.image)) })),
    // Where B is learnt, it is another one in each frame.
    learnt: run.targets && learntAt(halves(bytes(run.targets)), halves(bytes(run.latticeTargets)), run.steps.length),
    // Where U is what the network has made of the probe, it is another one in each frame.
    moment: frames && ((frame, probe) => picture(frames.subarray((frame * probes + probe) * each, (frame * probes + probe + 1) * each))),
    theta: (frame, probe, n) => rowOf(thetas, (frame * probes + probe) * several + n, params),
    probability: (frame, probe) => rowOf(probabilities, frame * probes + probe, classes),
    mean: (frame, c, n) => ({
      pixels: means.subarray(((frame * run.meanClasses.length + c) * several + n) * high * wide),
      channels: 1,
      height: high,
      width: wide,
    }),
  };
}

/** B at the output pixels and along the lattice lines, at a frame or between two. */
function learntAt(targets, lattices, count) {
  const at = (all, position) => Float32Array.from(interpolated((frame) => rowOf(all, frame, all.length / count), count, position));
  return (position) => ({ target: at(targets, position), latticeTarget: at(lattices, position) });
}

/** A co-localisation: its images, the boxes of every frame, and the true ones. */
function wall(payload) {
  const [height, width] = payload.inputSize;
  const images = bytes(payload.images);
  const thetas = floats(payload.thetas);
  const truth = payload.truth && floats(payload.truth);
  const numbers = [...Array(payload.count).keys()];
  return {
    ...payload,
    sources: numbers.map((i) => ({
      pixels: images.subarray(i * height * width, (i + 1) * height * width),
      channels: 1,
      height,
      width,
    })),
    thetas: (frame, i) => rowOf(thetas, frame * payload.count + i, 3),
    truth: truth && numbers.map((i) => rowOf(truth, i, 3)),
    shape: payload.token,
  };
}

/** A volume: its digit and pose, and θ, or θ of every frame of a training. */
function volume(payload) {
  const { digit, pose, track } = payload;
  return {
    ...payload,
    digit: { ...digit, pixels: bytes(digit.pixels) },
    pose: { turn: pose.slice(0, 9), shift: pose.slice(9) },
    track: track && volumeTrack(track),
    shape: JSON.stringify([digit, pose, payload.outputSide, payload.transforms, Boolean(track)]),
  };
}

function volumeTrack(track) {
  const [thetas, probabilities] = [floats(track.thetas), floats(track.probabilities)];
  return {
    ...track,
    thetas,
    probabilities,
    means: track.means && bytes(track.means),
    label: (frame) => `step ${track.steps[frame].toLocaleString()}`,
    theta: (position) => interpolated((frame) => rowOf(thetas, frame, 12), track.count, position),
    odds: (frame) => rowOf(probabilities, frame, 10),
  };
}

const layers = (list) =>
  list.map((layer) => (layer.weight ? { ...layer, weight: halves(bytes(layer.weight)), bias: halves(bytes(layer.bias)) } : layer));

/** A network's layers with their weights, and digits to be moved, or one image. */
function network(payload) {
  const { localisation, classifier, size } = payload.network;
  return {
    ...payload,
    network: { ...payload.network, localisation: layers(localisation), classifier: layers(classifier) },
    source: payload.image && { pixels: bytes(payload.image), channels: 1, height: size, width: size },
    digits: payload.digits?.map((digit) => ({ ...digit, source: picture({ ...digit, channel: 0 }, 1) })),
  };
}

/** A photograph, and the layers between the transformers that read it one after the other. */
function depth(payload) {
  const { image, size, ...photograph } = payload.photograph;
  return { ...payload, photograph: { ...photograph, ...picture({ image, size, channel: null }, 3) }, layers: payload.layers.map(layers) };
}

/** A photograph, and the windows of transformers in parallel on it. */
function windows(payload) {
  const side = Math.sqrt(bytes(payload.image).length / 3);
  return { ...payload, image: picture({ image: payload.image, size: [side, side], channel: null }, 3) };
}

/** Digits to train on: all of their pixels, by zlib, and their classes. */
function installed({ packed, labels, ...payload }) {
  const { side, train } = payload;
  return { ...payload, digits: { packed: bytes(packed), labels: bytes(labels), side, train } };
}

/** The network and digits of the story, and a recorded training of eight digits. */
function story(payload) {
  const { training } = payload;
  return { ...network(payload), training: watched(training, payload.network.size) };
}

function watched(training, size) {
  const [thetas, classes] = [floats(training.thetas), bytes(training.said)];
  const count = training.probes.length;
  return {
    ...training,
    probes: training.probes.map(({ image, label }) => ({ label, source: picture({ image, size: [size, size], channel: 0 }, 1) })),
    theta: (frame, probe) => rowOf(thetas, frame * count + probe, 6),
    said: (frame, probe) => classes[frame * count + probe],
  };
}
