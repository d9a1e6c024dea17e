/** The end of a game: the score, and ten rows with both outputs. */
import { button, element } from "../../dom.js";
import { drawGrids, paintPixels } from "../../parts/drawing.js";
import { medianOff, pointsOf } from "./score.js";

const IN_A_TABLE = 5; // rows: two of them stand side by side where there is room
const COLUMNS = ["Both frames", "You", "Network", "Point"];
const NAMES = { you: "You", network: "Network" };
const FOOLED = "./?step=7"; // of the story

const OUTLINE = { lines: 4, samples: 2 }; // of a frame: its two rows, then its two columns
const ENDS = [[-1, -1], [1, -1], [-1, 1], [1, 1], [-1, -1], [-1, 1], [1, -1], [1, 1]];

/** A frame's outline on U. */
const outlineOf = ([a, b, x, c, d, y]) => Float32Array.from(ENDS.flatMap(([u, v]) => [a * u + b * v + x, c * u + d * v + y]));

const degrees = (off) => `${off.toFixed(1)}°`;

export class Board {
  /**
   * @param {object[]} rounds  as score.js has them
   * @param {number} size  of the pictures, in pixels
   * @param {{you: number, network: number}} seconds  that it took
   * @param {{corner: string, grid: string, network: string}} colours  of the frames: yours is the grid
   * @param {() => void} onAgain
   */
  constructor(rounds, size, seconds, colours, onAgain) {
    Object.assign(this, { size, colours, drawings: [] });
    const [mine, its] = ["you", "network"].map((who) => pointsOf(rounds, who));
    this.heading = element("h2", { textContent: `You ${mine}, the network ${its}`, tabIndex: -1 });
    const again = button("Play again", onAgain, { className: "main", title: "Ten other digits" });
    const link = element("a", { href: FOOLED, target: "_self", textContent: "Find a pose that fools it →" });
    const buttons = element("div", { className: "buttons" }, again, link);
    const tables = element("div", { className: "tables" });
    for (let n = 0; n < rounds.length; n += IN_A_TABLE) tables.append(this.table(rounds.slice(n, n + IN_A_TABLE)));
    const words = element("p", { className: "words", textContent: wordsOf(rounds, seconds) });
    this.node = element("div", { className: "board" }, this.heading, words, buttons, tables);
  }

  table(rounds) {
    const head = element("tr", {}, ...COLUMNS.map((name) => this.headOf(name)));
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rounds.map((round) => this.row(round))));
  }

  /** Of a column; with the colour of the frame that it is about. */
  headOf(name) {
    const colour = { You: this.colours.grid, Network: this.colours.network }[name];
    const key = element("i", { className: "key" });
    if (colour) key.style.background = colour;
    return element("th", { scope: "col" }, ...(colour ? [key] : []), name);
  }

  row({ digit, you, network, winner }) {
    const image = element("td", {}, this.frames(digit, you, network));
    const point = element("td", { className: "point", textContent: NAMES[winner] ?? "–" });
    return element("tr", {}, image, this.cell(you, winner === "you"), this.cell(network, winner === "network"), point);
  }

  cell(result, hasWon) {
    if (!result) return element("td", { textContent: "not reached" });
    const { output, off, said, isRight } = result;
    const angle = element("b", { textContent: degrees(off) });
    const words = element("span", {}, angle, " off", element("br"), `reads ${said} ${isRight ? "✓" : "✗"}`);
    return element("td", { className: hasWon ? "won" : "" }, this.picture(output, `Output, ${degrees(off)} off upright`), words);
  }

  /** U with the frames of both on it: who came nearer. */
  frames(digit, you, network) {
    const pixels = element("canvas", { className: "pixels" });
    const overlay = element("canvas", { className: "overlay" });
    paintPixels(pixels, digit.source);
    const { grid, network: rival, corner } = this.colours;
    const frames = [{ grid: outlineOf(network.theta), colour: rival }];
    if (you) frames.push({ grid: outlineOf(you.theta), colour: grid });
    this.drawings.push(() => drawGrids(overlay, frames, OUTLINE, corner));
    const ariaLabel = `A distorted ${digit.label} with ${you ? "your frame and the network's" : "the network's frame"}`;
    return element("div", { className: "square", role: "img", ariaLabel }, pixels, overlay);
  }

  /** Draw the frames: they depend on how large the board is. */
  draw() {
    for (const drawing of this.drawings) drawing();
  }

  picture(pixels, ariaLabel) {
    const canvas = element("canvas", { className: "mean", role: "img", ariaLabel });
    paintPixels(canvas, { pixels, channels: 1, height: this.size, width: this.size });
    return canvas;
  }
}

function wordsOf(rounds, seconds) {
  const results = ["you", "network"].map((who) => rounds.map((round) => round[who]));
  const reached = results[0].filter(Boolean).length;
  const [mine, its] = results.map((of) => degrees(medianOff(of)));
  return (
    `You turned ${reached} of ${rounds.length} digits in ${Math.round(seconds.you)} s, the network all in ${seconds.network.toFixed(2)} s. ` +
    `Median angle off upright: you ${mine}, the network ${its}. ` +
    "It is trained on class labels only: it turns a digit just far enough to read it."
  );
}
