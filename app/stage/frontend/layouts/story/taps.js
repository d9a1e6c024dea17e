/** The sampler, close up: the four pixels of U that one pixel of V is made of, and their weights (Eq. 5). */
import { element } from "../../dom.js";
import { signed } from "../../parts/numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const BRIGHT = 0.55; // a grey value above which the words on it are black
const CELLS = [[0, 0], [1, 0], [0, 1], [1, 1]]; // columns and rows from the first pixel on

export class TapsBox {
  /**
   * @param {import("../../parts/inspect.js").Inspector} inspector
   * @param {import("../../parts/pair.js").Pair} pair  of one channel and one transformer
   */
  constructor(inspector, pair) {
    this.pair = pair;
    this.cells = CELLS.map(() => element("div", { className: "tap" }));
    this.point = element("i", { className: "point" });
    this.square = element("div", { className: "quad" }, ...this.cells, this.point);
    this.sum = element("p", { className: "words sum" });
    this.node = element("div", { className: "taps" }, this.square, this.sum);
    this.node.setAttribute("aria-hidden", "true"); // the inspector's note says the same
    this.rays = document.createElementNS(SVG, "svg");
    this.rays.setAttribute("class", "wires rays");
    this.rays.setAttribute("aria-hidden", "true");
    inspector.onRead = (read) => this.show(read);
    this.show(null);
  }

  /** @param {{pixel: number[], at: number[]}|null} read  a pixel of V, and where in U it is read */
  show(read) {
    this.read = read;
    this.node.hidden = !read;
    if (read) this.fill(read.at);
    const diagram = this.rays.parentElement;
    if (diagram) this.draw(diagram);
  }

  fill([x, y]) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    let sum = 0;
    CELLS.forEach(([right, down], i) => {
      const grey = this.grey(column + right, row + down);
      const weight = (right ? x - column : 1 - x + column) * (down ? y - row : 1 - y + row);
      sum += grey * weight;
      const cell = this.cells[i];
      cell.innerHTML = `<b>${grey.toFixed(2)}</b><span>× ${weight.toFixed(2)}</span>`;
      cell.style.background = `rgb(${Array(3).fill(Math.round(255 * grey))})`;
      cell.style.color = grey > BRIGHT ? "#000" : "#fff";
    });
    this.point.style.left = `${100 * (0.25 + (x - column) / 2)}%`;
    this.point.style.top = `${100 * (0.25 + (y - row) / 2)}%`;
    this.sum.innerHTML = `V = sum of the four products = <b>${signed(sum)}</b>`;
  }

  /** A pixel of U, 0 to 1; outside of it, black. */
  grey(column, row) {
    const { width, height, pixels } = this.pair.source;
    return column >= 0 && row >= 0 && column < width && row < height ? pixels[row * width + column] / 255 : 0;
  }

  /** The lines from V's pixel to its four, and from these to where they are in U. */
  draw(diagram) {
    if (this.rays.parentElement !== diagram) diagram.append(this.rays);
    const frame = diagram.getBoundingClientRect();
    this.rays.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    const four = this.square.getBoundingClientRect();
    if (!this.read || !four.width) return this.rays.replaceChildren();
    const { pixel, at } = this.read;
    const inFrame = ([x, y]) => [x - frame.left, y - frame.top];
    const place = (canvas, [column, row]) => {
      const box = canvas.getBoundingClientRect();
      return inFrame([box.left + ((column + 0.5) / canvas.width) * box.width, box.top + ((row + 0.5) / canvas.height) * box.height]);
    };
    const middle = this.point.getBoundingClientRect();
    const from = place(this.pair.vs[0][0].pixels, pixel);
    const output = this.pair.vs[0][0].pixels.getBoundingClientRect();
    const isBelow = four.top > output.bottom; // on a phone; else V is at its right
    const end = isBelow ? [middle.left + middle.width / 2, four.top] : [four.right, middle.top + middle.height / 2];
    const lines = [[from, inFrame(end)]]; // to the edge, not across the numbers
    const [u] = this.pair.us;
    const first = [Math.floor(at[0]), Math.floor(at[1])];
    const beside = four.left < u.pixels.getBoundingClientRect().left ? "right" : "left";
    const ends = beside === "left" ? [[1.5, -0.5], [1.5, 1.5]] : [[-0.5, -0.5], [-0.5, 1.5]];
    ends.forEach(([right, down]) => {
      const corner = inFrame([four[beside], down < 0 ? four.top : four.bottom]);
      lines.push([place(u.pixels, [first[0] + right, first[1] + down]), corner]);
    });
    this.rays.innerHTML = lines.map(([a, b], i) => `<path class="${i ? "lens" : "ray"}" d="M${a}L${b}"/>`).join("");
  }
}
