/**
 * Networks of the paper's layers, run by the browser itself: f_loc and the classifier of App. A.4.
 * A map is {channels, height, width, values: (C, H, W)}.
 *
 * @typedef {{channels: number, height: number, width: number, values: Float32Array}} Maps
 * @typedef {{kind: string, side?: number, weight?: Float32Array, bias?: Float32Array,
 *   outputs?: number, inputs?: number, kernel?: number}} Layer
 */
import { Convolution } from "./convolution.js";

/** IEEE half precision, which the weights come in, to single. */
export function halves(bytes) {
  const view = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const result = new Float32Array(view.length);
  for (let i = 0; i < result.length; i++) {
    const exponent = (view[i] >> 10) & 31;
    const size = ((view[i] & 1023) + (exponent ? 1024 : 0)) * POWERS[exponent];
    result[i] = view[i] & 0x8000 ? -size : size;
  }
  return result;
}

const POWERS = Float64Array.from({ length: 32 }, (_, e) => 2 ** (Math.max(1, e) - 25));

/** An image of 0 to 255 as a network is given it, 0 to 1. @returns {Maps} */
export function inputMaps({ pixels, channels, height, width }) {
  return { channels, height, width, values: Float32Array.from(pixels, (value) => value / 255) };
}

/** Every layer's output, in order. @param {Layer[]} layers  @param {Maps} input  @returns {Maps[]} */
export function activations(layers, input) {
  let maps = input;
  return layers.map((layer) => (maps = LAYERS[layer.kind](layer, maps)));
}

/**
 * What a slope of the last layer's output is of the network's input: the chain rule, backwards.
 * @param {Layer[]} layers  @param {Maps} input  @param {Maps[]} outputs  as ``activations`` gives
 * @param {Float32Array} slope  @returns {Float32Array} (C, H, W)
 */
export function backwards(layers, input, outputs, slope) {
  return layers.reduceRight((held, layer, l) => BACK[layer.kind](layer, l ? outputs[l - 1] : input, outputs[l], held), slope);
}

/** The probabilities of classes of these logits. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const odds = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = odds.reduce((a, b) => a + b, 0);
  return odds.map((value) => value / sum);
}

const LAYERS = {
  convolution(layer, maps) {
    const { weight, bias, kernel } = layer;
    const [height, width] = [maps.height - kernel + 1, maps.width - kernel + 1];
    if (height === 1 && width === 1) return dense(weight, bias, maps.values); // the same sum
    if (!convolutions.get(layer)?.fits(maps)) convolutions.set(layer, new Convolution(layer, maps));
    return { channels: bias.length, height, width, values: convolutions.get(layer).of(maps, bias) };
  },
  linear({ weight, bias }, maps) {
    return dense(weight, bias, maps.values);
  },
  /** Of side × side values; a rest at the border is a pool of its own, as the paper's nets need. */
  max({ side }, maps) {
    const output = pooled(side, maps, Math.ceil, -Infinity);
    gather(side, maps, output, (values, to, value) => value > values[to] && (values[to] = value));
    return output;
  },
  average({ side }, maps) {
    const output = pooled(side, maps, Math.floor, 0);
    gather(side, maps, output, (values, to, value) => (values[to] += value / (side * side)));
    return output;
  },
  /** Zeros around it, so many on each side. */
  pad({ side }, { channels, height, width, values }) {
    const [high, wide] = [height + 2 * side, width + 2 * side];
    const padded = new Float32Array(channels * high * wide);
    for (let row = 0; row < channels * height; row++) {
      const to = (Math.floor(row / height) * high + (row % height) + side) * wide + side;
      padded.set(values.subarray(row * width, (row + 1) * width), to);
    }
    return { channels, height: high, width: wide, values: padded };
  },
  rectify(_, maps) {
    const values = new Float32Array(maps.values.length);
    for (let i = 0; i < values.length; i++) if (maps.values[i] > 0) values[i] = maps.values[i];
    return { ...maps, values };
  },
};

/** Of each layer that has run, for the size of its maps. Its weights are not to change. @type {WeakMap<Layer, Convolution>} */
const convolutions = new WeakMap();

/** Each: (layer, its input, its output, ∂L/∂output) -> ∂L/∂input. */
const BACK = {
  linear({ weight }, maps, _, slope) {
    return transposed(weight, maps.values.length, slope);
  },
  convolution(layer, maps, output, slope) {
    const { weight, outputs, inputs, kernel } = layer;
    if (output.height === 1 && output.width === 1) return transposed(weight, maps.values.length, slope);
    const held = new Float32Array(maps.values.length);
    for (let o = 0; o < outputs; o++) {
      for (let tap = 0; tap < inputs * kernel * kernel; tap++) {
        const w = weight[o * inputs * kernel * kernel + tap];
        const i = Math.floor(tap / (kernel * kernel));
        const [dy, dx] = [Math.floor(tap / kernel) % kernel, tap % kernel];
        for (let y = 0; y < output.height; y++) {
          const to = (i * maps.height + y + dy) * maps.width + dx;
          const at = (o * output.height + y) * output.width;
          for (let x = 0; x < output.width; x++) held[to + x] += w * slope[at + x];
        }
      }
    }
    return held;
  },
  rectify(_, maps, __, slope) {
    return slope.map((value, i) => (maps.values[i] > 0 ? value : 0));
  },
  max({ side }, maps, output, slope) {
    const held = new Float32Array(maps.values.length);
    visit(side, maps, output, (indices, to) => {
      const largest = indices.reduce((best, i) => (maps.values[i] > maps.values[best] ? i : best));
      held[largest] += slope[to];
    });
    return held;
  },
  average({ side }, maps, output, slope) {
    const held = new Float32Array(maps.values.length);
    visit(side, maps, output, (indices, to) => indices.forEach((i) => (held[i] += slope[to] / indices.length)));
    return held;
  },
};

function transposed(weight, count, slope) {
  const held = new Float32Array(count);
  slope.forEach((value, o) => {
    if (value) for (let i = 0; i < count; i++) held[i] += value * weight[o * count + i];
  });
  return held;
}

/** Every pool: the indices of its values, and the index of what it gives. */
function visit(side, maps, output, take) {
  for (let c = 0; c < maps.channels; c++) {
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++) {
        const indices = [];
        for (let row = side * y; row < Math.min(maps.height, side * (y + 1)); row++) {
          for (let column = side * x; column < Math.min(maps.width, side * (x + 1)); column++) {
            indices.push((c * maps.height + row) * maps.width + column);
          }
        }
        take(indices, (c * output.height + y) * output.width + x);
      }
    }
  }
}

function dense(weight, bias, inputs) {
  const count = inputs.length;
  const values = new Float32Array(bias.length);
  for (let o = 0; o < values.length; o++) {
    let sum = bias[o];
    for (let i = 0, at = o * count; i < count; i++) sum += weight[at + i] * inputs[i];
    values[o] = sum;
  }
  return { channels: values.length, height: 1, width: 1, values };
}

/** What a pooling gives, as yet without any value. */
function pooled(side, { channels, height, width }, rounded, start) {
  const [h, w] = [rounded(height / side), rounded(width / side)];
  return { channels, height: h, width: w, values: new Float32Array(channels * h * w).fill(start) };
}

/** Every value that is in a pool, with the index of what the pool gives. */
function gather(side, maps, { height, width, values }, take) {
  const [rows, columns] = [Math.min(maps.height, side * height), Math.min(maps.width, side * width)];
  for (let c = 0; c < maps.channels; c++) {
    for (let row = 0; row < rows; row++) {
      const from = (c * maps.height + row) * maps.width;
      const to = (c * height + Math.floor(row / side)) * width;
      for (let column = 0; column < columns; column++) take(values, to + Math.floor(column / side), maps.values[from + column]);
    }
  }
}
