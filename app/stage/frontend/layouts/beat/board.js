/** The end of a game: the score, and ten rows with both outputs. */
import { button, element } from "../../dom.js";
import { paintPixels } from "../../parts/drawing.js";
import { medianOff, pointsOf } from "./score.js";

const IN_A_TABLE = 5; // rows: two of them stand side by side where there is room
const COLUMNS = ["Image", "You", "Network", "Point"];
const NAMES = { you: "You", network: "Network" };
const FOOLED = "./?step=7"; // of the story

const degrees = (off) => `${off.toFixed(1)}°`;

export class Board {
  /**
   * @param {object[]} rounds  as score.js has them
   * @param {number} size  of the pictures, in pixels
   * @param {{you: number, network: number}} seconds  that it took
   * @param {() => void} onAgain
   */
  constructor(rounds, size, seconds, onAgain) {
    this.size = size;
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
    const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col", textContent: name })));
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rounds.map((round) => this.row(round))));
  }

  row({ digit, you, network, winner }) {
    const image = element("td", {}, this.picture(digit.source.pixels, `A distorted ${digit.label}`));
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
