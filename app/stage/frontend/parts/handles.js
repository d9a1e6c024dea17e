/** Handles on the grid, for mouse, touch and keyboard: they ask for a θ, the stage shows it. */
import { button } from "../dom.js";
import { fit } from "../maths/fit.js";
import { carry, centre, move, pinch, pull, reach, turn, within } from "../maths/gestures.js";
import { points } from "../maths/grid.js";
import { MARGIN } from "./drawing.js";
import { mayScroll } from "./touch.js";

const KEY_STEP = 0.02; // of the image's half width; five times as much with shift
const WHEEL_SCALE = 0.0015; // of the scale's logarithm, for one pixel of the wheel
const MAX_REACH = 3; // half widths from the middle, within which handles stay
const MIN_REACH = 0.01; // half widths from their own middle, nearer than which handles do not come
const MAX_ENTRY = 100; // of θ: one that is greater comes of a grid that is all but flat
const MAX_SHOWN = 1.2; // half widths from the middle, where a handle is drawn: whole, inside the pane
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Which way (x, y) an arrow key goes; undefined for other keys, and for those that are the browser's, as Alt and ← is. */
export const arrowOf = (event) => (event.ctrlKey || event.metaKey || event.altKey ? undefined : ARROWS[event.key]);

export class Handles {
  /**
   * @param {HTMLElement} square  the pane of U
   * @param {object} transform  as Python describes it
   * @param {(theta: number[]) => void} onTheta  a hand wants this θ
   * @param {number} aspect  U's height as a share of its width: a turn keeps angles of the picture
   * @param {string} pane  what it shows, in words
   */
  constructor(square, transform, onTheta, aspect = 1, pane = "U") {
    this.aspect = aspect;
    this.square = square;
    this.transform = transform;
    this.onTheta = onTheta;
    this.targets = transform.handles.map((handle) => handle.target);
    this.pointers = new Map(); // of the fingers on the grid, where each is
    const whole = (start, from, to) => move(start, to[0] - from[0], to[1] - from[1]);
    this.body = this.handle("body", transform.bodyName, whole);
    this.handles = transform.handles.map(({ kind, name }, h) => {
      const gesture = (start, from, to) => this.gesture(h, start, from, to);
      return this.handle(kind, name, gesture);
    });
    square.append(this.body, ...this.handles);
    square.classList.add("grasped");
    square.setAttribute("role", "group");
    square.setAttribute("aria-label", `Handles on ${pane}`);
    this.graspable(square, this.body, whole); // next to the handles, the image moves the grid
    square.onwheel = (event) => this.wheel(event);
  }

  /** Give the pane back. */
  remove() {
    [this.body, ...this.handles].forEach((handle) => handle.remove());
    this.square.classList.remove("grasped");
    this.square.removeAttribute("role");
    this.square.removeAttribute("aria-label");
    this.square.onpointerdown = this.square.onpointermove = this.square.onwheel = null;
    this.square.onpointerup = this.square.onpointercancel = null;
  }

  gesture(h, start, from, to) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const { kind } = this.transform.handles[h];
    if (kind === "turn") return carry(start, start[h], [start[h][0] + dx, start[h][1] + dy]);
    if (kind === "edge") return pull(start, this.targets, h, dx, dy);
    return pinch(start, h, dx, dy);
  }

  /** A handle: drag it, or reach it with Tab and use the arrow keys. */
  handle(kind, name, gesture) {
    const handle = button("", undefined, { className: `handle ${kind}`, title: name, ariaLabel: name });
    handle.onkeydown = (event) => this.key(event, gesture);
    this.graspable(handle, handle, gesture);
    return handle;
  }

  /** Let an element be dragged, for the handle that then has the focus. */
  graspable(element, handle, gesture) {
    element.onpointerdown = (event) => {
      event.stopPropagation();
      if (event.button !== 0) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.where(event));
      this.pressed = event.target === this.square ? [event.clientX, event.clientY] : null; // on its margins
      this.begin();
    };
    element.onpointermove = (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return; // another element's
      this.pointers.set(event.pointerId, this.where(event));
      if (this.pressed && mayScroll(event, this.pressed)) return;
      this.pressed = null;
      const [first, second] = this.pointers.values();
      if (second) this.ask(this.spread([first, second]));
      else this.ask(gesture(this.start, this.from[0], first));
    };
    element.onpointerup = element.onpointercancel = (event) => {
      if (this.pointers.delete(event.pointerId)) this.begin();
    };
  }

  /** From here on, gestures count from where everything is now. */
  begin() {
    this.start = this.positions;
    this.before = this.theta;
    this.from = [...this.pointers.values()];
  }

  /** Two fingers: the grid goes along with both of them. */
  spread([a, b]) {
    const [p, q] = this.from;
    const [was, is] = [[q[0] - p[0], q[1] - p[1]], [b[0] - a[0], b[1] - a[1]]];
    const scale = Math.hypot(...is) / Math.max(1e-6, Math.hypot(...was));
    const angle = Math.atan2(is[1], is[0]) - Math.atan2(was[1], was[0]);
    return move(turn(this.start, p, angle, scale), a[0] - p[0], a[1] - p[1]);
  }

  key(event, gesture) {
    if (event.ctrlKey || event.metaKey) return; // the browser's zoom; with Alt, [ and ] are typed on some keyboards
    this.begin();
    const step = KEY_STEP * (event.shiftKey ? 5 : 1);
    const arrow = arrowOf(event);
    const middle = centre(this.start);
    let positions;
    if (arrow) positions = gesture(this.start, [0, 0], arrow.map((value) => value * step));
    else if (event.key === "+" || event.key === "=") positions = turn(this.start, middle, 0, 1 + step);
    else if (event.key === "-") positions = turn(this.start, middle, 0, 1 / (1 + step));
    else if (event.key === "[") positions = turn(this.start, middle, -step, 1);
    else if (event.key === "]") positions = turn(this.start, middle, step, 1);
    else return;
    event.preventDefault();
    this.ask(positions);
  }

  wheel(event) {
    if (!this.square.contains(this.square.getRootNode().activeElement)) return; // let it scroll
    event.preventDefault();
    this.begin();
    const scale = Math.exp(event.deltaY * WHEEL_SCALE);
    this.ask(turn(this.start, centre(this.start), 0, scale));
  }

  /** Ask for the θ of these positions, or of the farthest ones on the way to them that can be had. */
  ask(positions) {
    if (reach(positions) < Math.min(MIN_REACH, reach(this.start))) return;
    const kept = within(this.start, positions, [MAX_REACH, MAX_REACH * this.aspect]);
    const normalised = kept.map(([x, y]) => [x, y / this.aspect]);
    const theta = fit(this.transform, this.transform.handleTarget, normalised, this.before);
    const most = Math.max(MAX_ENTRY, ...this.before.map(Math.abs));
    if (theta.every((value) => Math.abs(value) <= most)) this.onTheta(theta);
  }

  /** Where a pointer is, in half widths of U from its middle. */
  where(event) {
    const box = this.square.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(
      (share) => (2 * (share - MARGIN)) / (1 - 2 * MARGIN) - 1
    );
    return [x, y * this.aspect];
  }

  get held() {
    return this.pointers.size > 0;
  }

  /** Put the handles where this θ has them. */
  show(theta) {
    this.theta = theta;
    const flat = points(this.transform, theta, this.transform.handleTarget);
    this.positions = this.targets.map((_, h) => [flat[2 * h], flat[2 * h + 1] * this.aspect]);
    this.positions.forEach((position, h) => this.put(this.handles[h], position));
    this.put(this.body, centre(this.positions));
  }

  put(handle, position) {
    const percent = (v) => `${100 * (MARGIN + ((v + 1) / 2) * (1 - 2 * MARGIN))}%`;
    const [x, y] = [position[0], position[1] / this.aspect].map((v) => Math.max(-MAX_SHOWN, Math.min(MAX_SHOWN, v)));
    handle.classList.toggle("beyond", x !== position[0] || y !== position[1] / this.aspect); // it stands for a point outside the pane
    handle.style.left = percent(x);
    handle.style.top = percent(y);
  }
}
