/** A row of small pairs, to look at or to choose from. */
import { element } from "../dom.js";
import { Pair } from "../parts/pair.js";

export class Strip {
  /** @param {HTMLElement} root  @param {{choose: (id: string) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python, pairs: [] });
  }

  update(data) {
    this.pairs = data.items.map(() => new Pair(data));
    const cells = data.items.map(({ id, label, href }, i) => {
      const words = element("span", { className: "label", textContent: label });
      words.classList.toggle("lines", label.includes("\n"));
      const kind = href ? "a" : data.selectable ? "button" : "div";
      const cell = element(kind, { className: "cell" }, this.pairs[i].node, words);
      if (kind === "a") cell.href = href;
      const [, digit] = /^(\d)(?![\d+])/.exec(label) ?? []; // a sum is called by its place
      if (digit) cell.dataset.digit = digit;
      if (kind === "button") {
        cell.type = "button";
        cell.setAttribute("aria-pressed", String(id === data.selected));
        cell.onclick = () => this.choose(id, cell);
      }
      return cell;
    });
    const strip = element("div", { className: "strip" }, ...cells);
    strip.classList.toggle("several", data.transformers.length > 1);
    strip.style.setProperty("--cells", cells.length);
    this.root.replaceChildren(strip);
    // Now that the canvases have a size.
    this.pairs.forEach((pair, i) => {
      const { source, alt, thetas } = data.items[i];
      pair.show(source, alt, thetas);
    });
  }

  /** Python has the newest choice, and here it is seen at once. */
  choose(id, cell) {
    const pressed = this.root.querySelector("[aria-pressed=true]");
    if (cell === pressed) return;
    pressed?.setAttribute("aria-pressed", "false");
    cell.setAttribute("aria-pressed", "true");
    this.python.choose(id);
  }

  redraw() {
    this.pairs.forEach((pair) => pair.redraw());
  }

  stop() {}
}
