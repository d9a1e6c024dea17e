/** A row of small pairs, to look at or to choose from; with a track, one playhead moves them all. */
import { between } from "./grid.js";
import { Pair, element } from "./pair.js";
import { Change } from "./playhead.js";
import { Transport } from "./transport.js";

const MORPH_SECONDS = 0.4; // a training's grids go from one snapshot to the next

export class Strip {
  /** @param {HTMLElement} root  @param {{choose: (id: string) => void, tell: (value: object) => void}} python */
  constructor(root, python) {
    Object.assign(this, { root, python });
    this.morph = new Change((share) =>
      this.show(this.from.map((thetas, i) => thetas.map((theta, n) => between(theta, this.to[i][n], share))))
    );
  }

  update(data) {
    const before = this.data;
    this.data = data;
    const moves = before && data.series && before.series === data.series && before.items.length === data.items.length;
    if (!moves) return this.build();
    // The same images a little later in a training: let the grids move on.
    this.pairs.forEach((pair) => (pair.data = data));
    this.labels.forEach((label, i) => (label.textContent = data.items[i].label));
    if (!data.transform) return;
    if (!data.track || this.transport.set(data.track, true)) {
      this.from = this.pairs.map((pair) => pair.thetas);
      this.to = data.items.map(({ thetas }) => thetas);
      this.morph.play(MORPH_SECONDS);
    }
  }

  build() {
    const { data } = this;
    this.stop();
    this.pairs = data.items.map(() => new Pair(data));
    this.labels = data.items.map(({ label }) => element("span", { className: "label", textContent: label }));
    const cells = data.items.map(({ id }, i) => {
      const cell = element(data.selectable ? "button" : "div", { className: "cell" }, this.pairs[i].node, this.labels[i]);
      if (data.selectable) {
        cell.type = "button";
        cell.setAttribute("aria-pressed", String(id === data.selected));
        cell.onclick = () => this.python.choose(id);
      }
      return cell;
    });
    const strip = element("div", { className: "strip" }, ...cells);
    strip.style.setProperty("--cells", cells.length);
    this.root.replaceChildren(strip);
    if (data.track) {
      const at = (position) => this.show(data.items.map((_, i) => this.data.track.theta(position, i)));
      this.transport = new Transport(at, () =>
        this.python.tell({ token: this.data.token, position: this.transport.head.position })
      );
      this.transport.set(data.track, false);
      this.root.append(this.transport.node);
    }
    this.show(data.items.map(({ thetas }) => thetas));
  }

  show(thetas) {
    this.pairs.forEach((pair, i) => pair.show(this.data.items[i].source, this.data.items[i].alt, thetas[i]));
  }

  redraw() {
    this.pairs?.forEach((pair) => pair.redraw());
  }

  stop() {
    this.morph.stop();
    this.transport?.head.pause();
  }
}
