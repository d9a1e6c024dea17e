/** A digit of one's own, drawn on U and read while it is drawn. */
import { element } from "../../dom.js";

const RADIUS = 1.5; // of the pen, in pixels of U
const EDGE = 0.9; // pixels over which its ink fades
const STEP = 0.5; // pixels from one dot of a stroke to the next

export class Sheet {
  /** @param {number} size  of U, in pixels  @param {() => void} onInk  there is more of it */
  constructor(size, onInk) {
    Object.assign(this, { size, onInk });
    this.pixels = new Uint8Array(size * size);
    this.node = element("div", { className: "sheet", title: "Draw a digit" });
    this.node.onpointerdown = (event) => this.begin(event);
    this.node.onpointermove = (event) => {
      if (event.pointerId === this.pointer && this.node.hasPointerCapture(event.pointerId)) this.goOn(event);
    };
  }

  get source() {
    return { pixels: this.pixels, channels: 1, height: this.size, width: this.size };
  }

  begin(event) {
    if (event.button !== 0 || !event.isPrimary) return; // a second finger draws nothing
    event.preventDefault();
    this.pointer = event.pointerId;
    this.node.setPointerCapture(this.pointer);
    this.from = this.where(event);
    this.line(this.from);
  }

  goOn(event) {
    const to = this.where(event);
    this.line(to);
    this.from = to;
  }

  /** The column and row under a pointer, between pixels too. */
  where(event) {
    const box = this.node.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.size - 0.5, ((event.clientY - box.top) / box.height) * this.size - 0.5];
  }

  line([x, y]) {
    const [dx, dy] = [x - this.from[0], y - this.from[1]];
    const dots = Math.max(1, Math.ceil(Math.hypot(dx, dy) / STEP));
    for (let i = 1; i <= dots; i++) this.dot(this.from[0] + (dx * i) / dots, this.from[1] + (dy * i) / dots);
    this.pixels = this.pixels.slice(); // another image than the one that was shown
    this.onInk();
  }

  dot(x, y) {
    const reach = RADIUS + EDGE;
    for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(this.size - 1, y + reach); row++) {
      for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(this.size - 1, x + reach); column++) {
        const ink = 255 * Math.min(1, Math.max(0, (reach - Math.hypot(column - x, row - y)) / EDGE));
        const i = row * this.size + column;
        this.pixels[i] = Math.max(this.pixels[i], ink);
      }
    }
  }
}
