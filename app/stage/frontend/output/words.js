/** The words of a page as lines, each with where it stands and how it is written. */

const SPACES = /[ \t\r\n]+/g;
const [GAP, RISE] = [0.4, 0.8]; // times the letters' size: what is no further away goes on with a row

const measuring = document.createElement("canvas").getContext("2d");

/** A style's font, as a canvas takes it. */
export const fontOf = ({ fontStyle, fontWeight, fontSize, fontFamily }) => `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;

/**
 * The lines of a text node that are to be seen, without the space around them.
 * @param {Text} node
 * @returns {{words: string, x: number, base: number, width: number, top: number, height: number, font: object}[]}
 *   base: the letters' base line; font: as fontOf takes it; all in the window's pixels
 */
export function linesOf(node) {
  const text = node.data;
  const first = text.search(/[^ \t\r\n]/);
  if (first < 0) return [];
  const whole = boxes(node, first, text.replace(/[ \t\r\n]+$/, "").length);
  const lines = whole.length === 1 ? [{ words: text.trim(), box: whole[0] }] : broken(node);
  const style = getComputedStyle(node.parentElement);
  const font = { fontStyle: style.fontStyle, fontWeight: style.fontWeight, fontSize: style.fontSize, fontFamily: style.fontFamily };
  if (node.parentElement.namespaceURI.endsWith("MathML")) {
    const isLetter = node.parentElement.localName === "mi" && text.trim().length === 1; // which MathML slants
    Object.assign(font, isLetter ? { fontStyle: "italic", fontFamily: "serif" } : { fontFamily: "math, sans-serif" });
  }
  measuring.font = fontOf(font);
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measuring.measureText("x");
  return lines
    .filter(({ box }) => box.width)
    .map(({ words, box }) => ({
      words: words.replace(SPACES, " "),
      x: box.left,
      base: box.top + (box.height - up - down) / 2 + up,
      width: box.width,
      top: box.top,
      height: box.height,
      font,
    }));
}

function boxes(node, from, to) {
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  return range.getClientRects();
}

/** A text that is broken into lines, word by word; a word that is broken itself, letter by letter. */
function broken(node) {
  const lines = [];
  const add = (words, box, space) => {
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 1) {
      line.words += space + words;
      const { left, top, height } = line.box;
      line.box = new DOMRect(left, top, box.right - left, height);
    } else lines.push({ words, box });
  };
  for (const { 0: word, index } of node.data.matchAll(/[^ \t\r\n]+/g)) {
    const whole = boxes(node, index, index + word.length);
    if (whole.length === 1) add(word, whole[0], " ");
    else [...word].forEach((letter, i) => {
      const [box] = boxes(node, index + i, index + i + 1);
      if (box) add(letter, box, i ? "" : " ");
    });
  }
  return lines;
}

/**
 * Words that go on where others end, such as a subscript, one part with those: their ``next``.
 * @param {import("./scene.js").Part[]} parts
 */
export function inRows(parts) {
  const rows = [];
  for (const part of parts) {
    const row = rows.at(-1);
    if (!goesOn(row, part)) rows.push(part);
    else {
      const [y, bottom] = [Math.min(row.y, part.y), Math.max(row.y + row.height, part.y + part.height)];
      const words = { ...row.words, next: [...(row.words.next ?? []), part.words] };
      rows[rows.length - 1] = { ...row, y, width: part.x + part.width - row.x, height: bottom - y, words };
    }
  }
  return rows;
}

function goesOn(row, part) {
  if (!row?.words || !part.words || row.clip !== part.clip || row.alpha !== part.alpha) return false;
  const before = row.words.next?.at(-1) ?? row.words;
  const size = Math.max(...[before, part.words].map(({ font }) => parseFloat(font.fontSize)));
  const gap = part.x - before.x - before.width;
  return Math.abs(gap) < GAP * size && Math.abs(part.words.base - before.base) < RISE * size;
}

/** How much wider a line is on the page than a canvas writes it, as where figures have one width. */
export function stretch(context, { words, width, font }) {
  context.font = fontOf(font);
  return width / (context.measureText(words).width || width);
}
