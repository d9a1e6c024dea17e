/** What each window reads, and what can be done with it: mute it, or exchange it for another. */
import { button, element, press } from "../../dom.js";
import { affine } from "../../maths/affine.js";
import { points } from "../../maths/grid.js";
import { BILINEAR } from "../../maths/kernels.js";
import { sample } from "../../maths/sampling.js";
import { paintPixels } from "../../parts/drawing.js";

export class Crops {
  /** @param {object} data  as decode.js gives it  @param {(n: number) => void} onMute */
  constructor(data, onMute) {
    this.data = data;
    this.form = affine([data.side, data.side], "the window", false, 1);
    this.canvases = data.own.map((_, n) => {
      const canvas = element("canvas", { className: "crop", ariaLabel: `What window ${n + 1} reads` });
      canvas.setAttribute("role", "img");
      canvas.style.borderColor = data.colours[n];
      return canvas;
    });
    this.mutes = data.own.map((_, n) =>
      button("Mute", () => onMute(n), { title: "Sets its descriptor to zeros", ariaLabel: `Mute window ${n + 1}` })
    );
    const figures = this.canvases.map((canvas, n) => {
      const name = element("span", { className: "title", textContent: `Window ${n + 1}` });
      const node = element("figure", { className: "pane" }, canvas, element("div", { className: "below" }, name, this.mutes[n]));
      node.dataset.pane = "V";
      return node;
    });
    this.node = element("div", { className: "crops" }, ...figures);
    this.node.classList.toggle("four", data.own.length > 2);
  }

  /** @param {import("../../maths/sampling.js").Source} image  @param {number[][]} middles  @param {boolean[]} muted */
  show(image, middles, muted) {
    const { scale, side } = this.data;
    middles.forEach(([x, y], n) => {
      const grid = points(this.form, [scale, 0, x, 0, scale, y], this.form.target);
      paintPixels(this.canvases[n], { pixels: sample(image, grid, BILINEAR), channels: 3, height: side, width: side });
      this.canvases[n].classList.toggle("off", muted[n]);
    });
    this.mutes.forEach((mute, n) => press([mute], () => muted[n]));
  }
}

const SWAP = "Each path reads the other one's window";

/** A button, or of more than two windows a list of all pairs. @param {(a: number, b: number) => void} onSwap */
export function swapper(count, onSwap) {
  if (count === 2) return button("Swap", () => onSwap(0, 1), { title: SWAP, ariaLabel: "Swap the two windows" });
  const numbers = [...Array(count).keys()];
  const pairs = numbers.flatMap((a) => numbers.filter((b) => b > a).map((b) => [a, b]));
  const options = pairs.map(([a, b], i) => element("option", { value: i, textContent: `${a + 1} and ${b + 1}` }));
  const list = element("select", { ariaLabel: "Swap two windows", title: SWAP }, element("option", { value: "", textContent: "Swap …" }), ...options);
  list.onchange = () => {
    if (list.value !== "") onSwap(...pairs[Number(list.value)]);
    list.value = "";
  };
  return list;
}
