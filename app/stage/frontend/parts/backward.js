/** The loss seen from V and from U: ∂loss/∂V over V's pixels, and its pull on the grid's points (Eq. 7). */
import { element } from "../dom.js";
import { arrowsOf, isNear, pull } from "../maths/descent.js";
import { chain } from "../maths/grid.js";
import { drawArrows, wipe } from "./drawing.js";

const ARROWS_IN_ROW = 12;
const MAX_ARROW = 0.2; // its length, in half widths of U
const NO_SLOPE = 1e-9;
const STEEP = 0.1; // of ∂loss/∂V: below it colours and arrows fade, so that they are gone where the loss is

export class Backward {
  /**
   * @param {import("./pair.js").Pair} pair  of one channel and one transformer
   * @param {{up: string, down: string}} colours  of pixels that should be brighter, and darker
   * @param {object} [v]  the pane of V that is tinted; by default the pair's own
   */
  constructor(pair, colours, v = pair.vs[0][0]) {
    Object.assign(this, { pair, colours });
    const [u] = pair.us;
    this.arrows = element("canvas", { className: "overlay" });
    u.square.insertBefore(this.arrows, u.overlay.nextSibling);
    this.slopes = element("canvas", { className: "pixels" });
    v.square.insertBefore(this.slopes, v.overlay);
    v.node.style.setProperty("--up", colours.up);
    v.node.style.setProperty("--down", colours.down);
    this.start();
  }

  /** The arrows are measured against the strongest from here on. */
  start() {
    this.strongest = NO_SLOPE;
  }

  /**
   * Draw it at the grid that the pair shows.
   * @param {Float32Array} slope  ∂loss/∂V
   * @returns {{gradient: number[], flat: boolean}}  ∂loss/∂θ, and whether nothing pulls
   */
  show(slope) {
    const { pair } = this;
    const { transform, reading } = pair.data;
    const { height, width } = pair.shape;
    const [grid] = pair.grids;
    const along = pull(pair.source, grid, reading, slope);
    const gradient = chain(transform, pair.thetas[0], transform.target, along);
    const flat = Math.max(...gradient.map(Math.abs)) < NO_SLOPE;
    const arrows = arrowsOf(grid, along, [height, width], ARROWS_IN_ROW, -1).filter(isNear);
    this.strongest = Math.max(this.strongest, ...arrows.map(([, , dx, dy]) => Math.hypot(dx, dy)));
    const steepest = Math.max(NO_SLOPE, ...slope.map(Math.abs));
    drawArrows(this.arrows, flat ? [] : arrows, MAX_ARROW, this.strongest * Math.max(1, STEEP / steepest));
    this.tint(slope, Math.max(STEEP, steepest));
    return { gradient, flat };
  }

  hide() {
    wipe(this.arrows);
    this.slopes.width = 0;
  }

  /** @param {number} steepest  what is drawn in full colour */
  tint(slope, steepest) {
    const { height, width } = this.pair.shape;
    const { up, down } = this.colours;
    Object.assign(this.slopes, { width, height });
    const context = this.slopes.getContext("2d");
    slope.forEach((value, i) => {
      context.globalAlpha = 0.8 * Math.abs(value / steepest) ** 0.75;
      context.fillStyle = value < 0 ? up : down;
      context.fillRect(i % width, Math.floor(i / width), 1, 1);
    });
  }
}
