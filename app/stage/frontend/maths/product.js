/**
 * The product C = A B of two matrices, which a convolution is, by four numbers at a time.
 *
 * It is a module of WebAssembly, put together here: a CNN on 42 × 42 pixels takes 52 million
 * multiplications, 2 ms of it, and the same loop in JavaScript 74 ms. Where a browser lacks these
 * instructions, that loop is what there is.
 *
 * A lies in blocks of four rows, (M, K, 4); B in blocks of eight columns, (P, K, 8); C by its rows,
 * (4 M, 8 P). All are float32.
 */
export const [ROWS, COLUMNS] = [4, 8]; // of a block

export class Product {
  /** @param {number} blocks  M  @param {number} depth  K  @param {number} panels  P */
  constructor(blocks, depth, panels) {
    const lengths = [blocks * depth * ROWS, panels * depth * COLUMNS, blocks * ROWS * panels * COLUMNS];
    Object.assign(this, { blocks, depth, panels });
    const [, b, c, end] = lengths.reduce((ends, length) => [...ends, ends.at(-1) + 4 * length], [0]);
    const memory = MODULE && new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
    const buffer = memory ? memory.buffer : new ArrayBuffer(end);
    [this.a, this.b, this.c] = [0, b, c].map((from, i) => new Float32Array(buffer, from, lengths[i]));
    const { multiply } = memory ? new WebAssembly.Instance(MODULE, { page: { memory } }).exports : {};
    /** C = A B, of what is in them now. */
    this.run = multiply ? () => multiply(0, b, c, blocks, depth, panels) : () => multiplied(this);
  }
}

/** The same, one number after the other: by halves of a block, which the registers hold. */
export function multiplied({ a, b, c, blocks, depth, panels }) {
  const width = panels * COLUMNS;
  for (let half = 0; half < 2 * panels; half++) {
    for (let block = 0; block < blocks; block++) {
      let i = block * depth * ROWS;
      let j = (half >> 1) * depth * COLUMNS + 4 * (half & 1);
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
      let s8 = 0, s9 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0, s14 = 0, s15 = 0;
      for (let k = 0; k < depth; k++, i += ROWS, j += COLUMNS) {
        const a0 = a[i], a1 = a[i + 1], a2 = a[i + 2], a3 = a[i + 3];
        const b0 = b[j], b1 = b[j + 1], b2 = b[j + 2], b3 = b[j + 3];
        s0 += a0 * b0; s1 += a0 * b1; s2 += a0 * b2; s3 += a0 * b3;
        s4 += a1 * b0; s5 += a1 * b1; s6 += a1 * b2; s7 += a1 * b3;
        s8 += a2 * b0; s9 += a2 * b1; s10 += a2 * b2; s11 += a2 * b3;
        s12 += a3 * b0; s13 += a3 * b1; s14 += a3 * b2; s15 += a3 * b3;
      }
      const at = block * ROWS * width + 4 * half;
      c.set([s0, s1, s2, s3], at);
      c.set([s4, s5, s6, s7], at + width);
      c.set([s8, s9, s10, s11], at + 2 * width);
      c.set([s12, s13, s14, s15], at + 3 * width);
    }
  }
}

// -- the module: numbers of the WebAssembly specification, under the names that it has for them

const [INT, VECTOR] = [0x7f, 0x7b]; // i32 and v128
const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]); // unsigned
const list = (items) => [...leb(items.length), ...items.flat()];
const text = (words) => list([...words].map((character) => character.charCodeAt(0)));
const section = (id, content) => [id, ...leb(content.length), ...content];

const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const constant = (n) => [0x41, n]; // below 64, where signed and unsigned are the same
const [ADD, SUBTRACT, TIMES] = [[0x6a], [0x6b], [0x6c]]; // i32
const vector = (instruction, ...more) => [0xfd, ...leb(instruction), ...more];
const load = (offset) => vector(0, 4, offset); // 16 bytes; 4: aligned by 2⁴
const loadOne = (offset) => vector(9, 2, offset); // 4 bytes, four times
const store = (offset) => vector(11, 4, offset);
const zeros = vector(12, ...Array(16).fill(0));
const [PLUS, BY] = [vector(0xe4), vector(0xe6)]; // f32x4

/** From so many down to one. */
const repeat = (counter, ...body) => [
  0x03, 0x40, // loop
  ...body.flat(),
  ...get(counter), ...constant(1), ...SUBTRACT, 0x22, counter, // left on the stack as well
  0x0d, 0, // go on unless it is 0
  0x0b,
];

/** (a, b, c, blocks, depth, panels), the first three as addresses. */
function assembled() {
  const [a, b, c, blocks, depth, panels] = [0, 1, 2, 3, 4, 5];
  const [width, block, k, atA, atB, atC] = [6, 7, 8, 9, 10, 11];
  const [left, right, one, sums] = [12, 13, 14, 15]; // and 15 to 22: two for each row
  const rows = [0, 1, 2, 3];
  const bytes = 4 * COLUMNS; // of a row of a block
  const code = [
    ...get(panels), ...constant(bytes), ...TIMES, ...set(width),
    ...repeat(panels,
      get(a), set(atA), get(c), set(atC), get(blocks), set(block),
      repeat(block,
        get(b), set(atB), get(depth), set(k),
        rows.flatMap((row) => [...zeros, ...set(sums + 2 * row), ...zeros, ...set(sums + 2 * row + 1)]),
        repeat(k,
          get(atB), load(0), set(left), get(atB), load(16), set(right),
          rows.flatMap((row) => [
            ...get(atA), ...loadOne(4 * row), ...set(one),
            ...[left, right].flatMap((half, i) => {
              const sum = sums + 2 * row + i;
              return [...get(sum), ...get(one), ...get(half), ...BY, ...PLUS, ...set(sum)];
            }),
          ]),
          get(atA), constant(4 * ROWS), ADD, set(atA),
          get(atB), constant(bytes), ADD, set(atB)
        ),
        rows.flatMap((row) => [
          ...get(atC), ...get(sums + 2 * row), ...store(0),
          ...get(atC), ...get(sums + 2 * row + 1), ...store(16),
          ...get(atC), ...get(width), ...ADD, ...set(atC),
        ])
      ),
      get(atB), set(b), // its next block lies behind this one
      get(c), constant(bytes), ADD, set(c)
    ),
    0x0b,
  ];
  const body = [...list([[6, INT], [11, VECTOR]]), ...code];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...list(Array(6).fill(INT)), ...list([])]])), // a function's type
    ...section(2, list([[...text("page"), ...text("memory"), 2, 0, 1]])), // of one page at least
    ...section(3, list([[0]])),
    ...section(7, list([[...text("multiply"), 0, 0]])),
    ...section(10, list([[...leb(body.length), ...body]])),
  ]);
}

/** Compiled; null where the browser has no such instructions. */
const MODULE = (() => {
  try {
    return new WebAssembly.Module(assembled());
  } catch {
    return null;
  }
})();
