/** How volumes are looked at: from where, from how near, and how flat V is. */
import { button, element } from "../../dom.js";
import { multiply, rotation, transpose } from "../../maths/solid.js";
import { isLike } from "../../output/link.js";

const DEGREES_A_PIXEL = 0.45;
const [FARTHEST, NEAREST] = [1, 3]; // zooms
const SIDES = { "At an angle": [22, 32, 0], Front: [0, 0, 0], Side: [0, 90, 0], Top: [90, 0, 0] };

/** The rotation about the screen's axes of a hand that went so many pixels right, down and around. */
export const dragged = ([dx, dy, dz]) => rotation([DEGREES_A_PIXEL * dy, -DEGREES_A_PIXEL * dx, DEGREES_A_PIXEL * dz]);

export class View {
  /** @param {() => void} onChange */
  constructor(onChange) {
    Object.assign(this, { onChange, camera: rotation(SIDES["At an angle"]), zoom: 1, flat: 0 });
  }

  look(camera) {
    this.camera = camera;
    this.onChange();
  }

  /** From the front: along the depth that is summed. */
  face() {
    this.look(rotation(SIDES.Front));
  }

  turn(rotated) {
    this.look(multiply(rotated, this.camera));
  }

  nearer(factor) {
    this.zoom = Math.max(FARTHEST, Math.min(NEAREST, this.zoom * factor));
    this.onChange();
  }

  /** Buttons of the sides to look from, and nearer and farther. */
  buttons() {
    const sides = Object.entries(SIDES).map(([name, degrees]) =>
      button(name.toLowerCase().replace("at an", "an"), () => this.look(rotation(degrees)))
    );
    const zooms = [["+", "Zoom in", 1.25], ["−", "Zoom out", 0.8]].map(([sign, name, factor]) =>
      button(sign, () => this.nearer(factor), { title: name, ariaLabel: name })
    );
    return element("div", { className: "buttons" }, element("span", { textContent: "View from:" }), ...sides, ...zooms);
  }

  get numbers() {
    return [...this.camera, this.zoom, this.flat];
  }

  /** Look so; false if the numbers are no view: its camera is a rotation. */
  restore(numbers) {
    if (!isLike(numbers, this.numbers)) return false;
    const [camera, zoom, flat] = [numbers.slice(0, 9), numbers[9], numbers[10]];
    const square = multiply(camera, transpose(camera));
    if (square.some((v, i) => Math.abs(v - (i % 4 ? 0 : 1)) > 1e-3)) return false;
    if (!(zoom >= FARTHEST && zoom <= NEAREST && flat >= 0 && flat <= 1)) return false;
    Object.assign(this, { zoom, flat });
    this.look(camera);
    return true;
  }
}
