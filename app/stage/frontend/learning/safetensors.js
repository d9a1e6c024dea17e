/** Weights as a safetensors file: a header of JSON, then the numbers. */

/**
 * @param {import("./network.js").Network} network  @param {string} experiment  its name, for the header
 * @returns {Uint8Array} with torch's names and shapes: a layer's weight is (outputs, inputs)
 */
export function safetensors(network, experiment) {
  const header = { __metadata__: { experiment: JSON.stringify(experiment) } };
  const parts = [];
  let size = 0;
  const add = (name, shape, values) => {
    header[name] = { dtype: "F32", shape, data_offsets: [size, size + values.byteLength] };
    parts.push([size, values]);
    size += values.byteLength;
  };
  for (const [name, layer] of network.named()) {
    add(`${name}.weight`, [layer.outputs, layer.inputs], transposed(layer));
    add(`${name}.bias`, [layer.outputs], layer.bias);
  }
  const text = JSON.stringify(header);
  const words = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8)); // so that numbers are aligned
  const file = new Uint8Array(8 + words.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(words.length), true);
  file.set(words, 8);
  for (const [at, values] of parts) file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 8 + words.length + at);
  return file;
}

function transposed({ weight, inputs, outputs }) {
  const result = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) result[o * inputs + i] = weight[i * outputs + o];
  return result;
}
