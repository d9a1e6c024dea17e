/** Point at a place in one pane, and see it in all: a place keeps its coordinates from layer to layer. */
import { invert, determinant } from "../../maths/pose.js";
import { MARGIN, markPlace, wipe } from "../../parts/drawing.js";
import { arrowOf } from "../../parts/handles.js";

const KEY_STEP = 0.05; // half widths
const FLAT = 1e-6; // a frame of less area has no inside
const carried = ([a, b, x, c, d, y], [u, v]) => [a * u + b * v + x, c * u + d * v + y];
const isInside = (place) => place.every((v) => Math.abs(v) <= 1 + 1e-6);

export class Pointing {
  /** @param {import("./picture.js").Picture} picture */
  constructor(picture) {
    this.picture = picture;
    this.pointed = null; // {pane, place}: in which pane, and where, normalised
    picture.panes.forEach((pane, p) => this.listen(pane.square, p));
  }

  listen(square, p) {
    const here = (event) => this.point(p, this.placeOf(event, square));
    square.addEventListener("pointermove", (event) => (event.buttons === 0 ? here(event) : this.clear()));
    square.addEventListener("pointerleave", () => this.clear());
    square.addEventListener("click", (event) => event.pointerType === "touch" && !event.target.closest("button") && here(event));
    if (square.querySelector("button")) return; // of a pane with handles the arrow keys are theirs
    square.tabIndex = 0;
    square.setAttribute("role", "group");
    square.setAttribute("aria-label", `${this.picture.panes[p].name}. Arrow keys point at a place`);
    square.addEventListener("blur", () => this.clear());
    square.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event);
      if (!arrow) return;
      event.preventDefault();
      const [x, y] = this.pointed?.pane === p ? this.pointed.place : [0, 0];
      this.point(p, [x + KEY_STEP * arrow[0], y + KEY_STEP * arrow[1]].map((v) => Math.max(-1, Math.min(1, v))));
    });
  }

  placeOf(event, square) {
    const box = square.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return shares.map((share) => (2 * (share - MARGIN)) / (1 - 2 * MARGIN) - 1);
  }

  point(pane, place) {
    if (!isInside(place)) return this.clear();
    this.pointed = { pane, place };
    this.mark();
  }

  clear() {
    if (!this.pointed) return;
    this.pointed = null;
    this.mark();
  }

  /** In every pane where the place can be seen. */
  mark() {
    const { panes, places } = this.picture;
    panes.forEach(({ marks }) => wipe(marks));
    if (!this.pointed) return;
    const { pane, place } = this.pointed;
    const inCrop = carried(places[pane], place);
    panes.forEach(({ marks, node }, p) => {
      const there = p === pane ? place : Math.abs(determinant(places[p])) > FLAT && carried(invert(places[p]), inCrop);
      const isSeen = there && isInside(there);
      node.dataset.pointed = isSeen ? there.map((v) => v.toFixed(3)).join(",") : "";
      if (isSeen) markPlace(marks, there);
    });
  }
}
