/**
 * Networks of the paper's layers, run by the browser itself: f_loc and the classifier of App. A.4.
 * A map is {channels, height, width, values: (C, H, W)}.
 *
 * @typedef {{channels: number, height: number, width: number, values: Float32Array}} Maps
 * @typedef {{kind: string, side?: number, weight?: Float32Array, bias?: Float32Array,
 *   outputs?: number, inputs?: number, kernel?: number}} Layer
 */

/** IEEE half precision, which the weights come in, to single. */
export function halves(bytes) {
  const view = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const powers = Float64Array.from({ length: 32 }, (_, e) => 2 ** (Math.max(1, e) - 25));
  return Float32Array.from(view, (half) => {
    const exponent = (half >> 10) & 31;
    const size = ((half & 1023) + (exponent ? 1024 : 0)) * powers[exponent];
    return half & 0x8000 ? -size : size;
  });
}

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
  convolution({ weight, bias, outputs, inputs, kernel }, maps) {
    const [height, width] = [maps.height - kernel + 1, maps.width - kernel + 1];
    if (height === 1 && width === 1) {
      return { ...dense(weight, bias, maps.values), height, width }; // the same sum
    }
    const values = new Float32Array(outputs * height * width);
    for (let o = 0; o < outputs; o++) {
      const to = o * height * width;
      values.fill(bias[o], to, to + height * width);
      for (let tap = 0; tap < inputs * kernel * kernel; tap++) {
        const w = weight[o * inputs * kernel * kernel + tap];
        const i = Math.floor(tap / (kernel * kernel));
        const [dy, dx] = [Math.floor(tap / kernel) % kernel, tap % kernel];
        for (let y = 0; y < height; y++) {
          const from = (i * maps.height + y + dy) * maps.width + dx;
          const at = to + y * width;
          for (let x = 0; x < width; x++) values[at + x] += w * maps.values[from + x];
        }
      }
    }
    return { channels: outputs, height, width, values };
  },
  linear({ weight, bias }, maps) {
    return dense(weight, bias, maps.values);
  },
  /** Of side × side values; a rest at the border is a pool of its own, as the paper's nets need. */
  max({ side }, maps) {
    const { channels, height, width, values } = maps;
    const [high, wide] = [Math.ceil(height / side), Math.ceil(width / side)];
    const largest = new Float32Array(channels * high * wide).fill(-Infinity);
    for (let row = 0; row < channels * height; row++) {
      const to = (Math.floor(row / height) * high + Math.floor((row % height) / side)) * wide;
      for (let column = 0; column < width; column++) {
        const at = to + Math.floor(column / side);
        const value = values[row * width + column];
        if (value > largest[at]) largest[at] = value;
      }
    }
    return { channels, height: high, width: wide, values: largest };
  },
  average({ side }, maps) {
    const output = { channels: maps.channels, height: Math.floor(maps.height / side), width: Math.floor(maps.width / side) };
    const values = new Float32Array(output.channels * output.height * output.width);
    visit(side, maps, output, (indices, to) => (values[to] = indices.reduce((sum, i) => sum + maps.values[i], 0) / indices.length));
    return { ...output, values };
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
    return { ...maps, values: maps.values.map((value) => Math.max(0, value)) };
  },
};

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
  const values = bias.map((start, o) => {
    let sum = start;
    for (let i = 0, at = o * count; i < count; i++) sum += weight[at + i] * inputs[i];
    return sum;
  });
  return { channels: values.length, height: 1, width: 1, values };
}
