/** Numbers as a safetensors file: a header of JSON, then the numbers themselves. */

const TYPES = new Map([[Float32Array, "F32"], [Int32Array, "I32"], [Uint8Array, "U8"], [Uint8ClampedArray, "U8"]]);
const ALIGNED = 8; // bytes

/**
 * @typedef {{name: string, shape: number[], values: Float32Array|Int32Array|Uint8Array|Uint8ClampedArray}} Tensor
 * @param {Tensor[]} tensors  those of four bytes a number first
 * @param {object} more  for the header, each value as JSON
 * @returns {Uint8Array}
 */
export function safetensors(tensors, more) {
  const header = { __metadata__: Object.fromEntries(Object.entries(more).map(([name, value]) => [name, JSON.stringify(value)])) };
  let size = 0;
  for (const { name, shape, values } of tensors) {
    const end = size + values.byteLength;
    header[name] = { dtype: TYPES.get(values.constructor), shape, data_offsets: [size, end] };
    size = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / ALIGNED) * ALIGNED;
  const file = new Uint8Array(start + size);
  file.fill(0x20, 8, start); // spaces after the header
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(text, 8);
  for (const { name, values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start + header[name].data_offsets[0]);
  }
  return file;
}

/** A network's weights by torch's names and in its shapes: a layer's weight is (outputs, inputs). @returns {Tensor[]} */
export function weightsOf(network) {
  return network.named().flatMap(([name, layer]) => [
    { name: `${name}.weight`, shape: [layer.outputs, layer.inputs], values: transposed(layer) },
    { name: `${name}.bias`, shape: [layer.outputs], values: layer.bias },
  ]);
}

function transposed({ weight, inputs, outputs }) {
  const result = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) result[o * inputs + i] = weight[i * outputs + o];
  return result;
}
