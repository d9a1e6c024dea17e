/** One volume, seen by the camera, with its projection and a slice as small pictures. */
import { element } from "../../dom.js";
import { paintPixels } from "../../parts/drawing.js";
import { mayScroll } from "../../parts/touch.js";
import { Scene } from "./scene.js";

const KEY_PIXELS = 12; // what an arrow key is worth
const KEYS = {
  ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0],
  "[": [0, 0, -1], "]": [0, 0, 1],
}; // prettier-ignore

/** A small picture of side² values, with its words. */
class Flat {
  constructor() {
    this.pixels = element("canvas", { className: "flat", role: "img" });
    this.words = element("figcaption");
    this.node = element("figure", {}, this.pixels, this.words);
  }

  /** @param {ArrayLike<number>} values  @param {number} white  the value that is shown white */
  show(values, side, white, words) {
    const pixels = values.map((value) => (255 * value) / white);
    paintPixels(this.pixels, { pixels, channels: 1, height: side, width: side });
    this.pixels.setAttribute("aria-label", words);
    this.words.textContent = words;
  }
}

export class Pane {
  /**
   * @param {"U"|"V"} kind
   * @param {(pixels: number[]) => void} onPull  a hand went right, down, and around or into the screen
   */
  constructor(kind, name, caption, onPull) {
    this.canvas = element("canvas", {
      className: "solid",
      asPixels: true, // in a file too
      tabIndex: 0,
      role: "application",
      ariaRoleDescription: "volume",
      ariaLabel: `${name} ${kind}: arrow keys turn or move it, [ and ] roll or push it`,
    });
    [this.projection, this.slice] = [new Flat(), new Flat()];
    this.node = element("figure", { className: "pane" }, this.canvas, element("figcaption", { innerHTML: caption }));
    this.node.dataset.pane = kind;
    this.scene = new Scene(this.canvas);
    this.onPull = onPull;
    this.listen();
  }

  listen() {
    const { canvas } = this;
    let held = null;
    let pointer = null;
    let undecided = false; // a finger may yet be going to scroll
    canvas.onpointerdown = (event) => {
      if (event.button !== 0 || held) return; // a second finger changes nothing
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      held = [event.clientX, event.clientY];
      undecided = true;
    };
    canvas.onpointermove = (event) => {
      if (!held || event.pointerId !== pointer || (undecided && mayScroll(event, held))) return;
      undecided = false;
      const [dx, dy] = [event.clientX - held[0], event.clientY - held[1]];
      held = [event.clientX, event.clientY];
      this.onPull(event.shiftKey ? [0, 0, dx] : [dx, dy, 0]);
    };
    canvas.onpointerup = canvas.onpointercancel = (event) => {
      if (event.pointerId === pointer) held = null;
    };
    canvas.onkeydown = (event) => {
      if (!KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.onPull(KEYS[event.key].map((v) => KEY_PIXELS * v));
    };
  }
}
