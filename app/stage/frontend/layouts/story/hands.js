/** What a hand does on U: it drags the digit or the frame, or draws a digit of its own. */
import { IDENTITY, affine } from "../../maths/affine.js";
import { MARGIN } from "../../parts/drawing.js";
import { Handles } from "../../parts/handles.js";
import { Sheet } from "./sheet.js";

const SVG = "http://www.w3.org/2000/svg";
const HALF = 1 / (1 - 2 * MARGIN); // of the pane, in half widths of U
const VIEW = `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`;

export class Hands {
  /** @param {import("./figure.js").Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.pane = figure.pair.us[0];
    this.outline = document.createElementNS(SVG, "svg"); // of the digit: its handles are not the frame's
    this.outline.setAttribute("class", "outline");
    this.outline.setAttribute("aria-hidden", "true");
  }

  /** @param {"digit"|"grid"} name  what is dragged from here on */
  grasp(name) {
    const { figure } = this;
    this.let();
    this.grasped = name;
    figure.choices.markGrasped(name);
    this.say(`Drag the ${figure.mode === "frame" ? "frame" : name}; its corners turn and scale it`);
    const form = name === "grid" ? figure.form : affine([1, 1], "digit", true);
    this.handles = new Handles(this.pane.square, form, (theta) => (name === "grid" ? figure.hold(theta) : figure.drag(theta)));
    if (name === "digit") this.pane.square.insertBefore(this.outline, this.handles.body);
    this.mark();
  }

  /** A digit of one's own, read while it is drawn; called again, it can be moved like the others. */
  draw() {
    if (this.sheet) {
      this.grasp("digit");
      return this.figure.onTake(); // the digit is whole now
    }
    const { figure } = this;
    const sheet = new Sheet(figure.data.network.size, () => this.ink(sheet.source));
    this.ink(sheet.source);
    this.let();
    this.sheet = sheet;
    this.pane.square.append(sheet.node);
    figure.choices.markDrawing(true);
    this.say("Draw a digit");
  }

  /** @param {import("../../maths/sampling.js").Source} source  U, as it is drawn */
  ink(source) {
    const { figure } = this;
    const drawn = figure.data.digits.length;
    figure.digits[drawn] = { source, size: [source.height, source.width], pose: IDENTITY, label: null };
    if (this.sheet && figure.digit === drawn) figure.moveDigit(IDENTITY);
    else figure.take(drawn);
  }

  /** Nothing is dragged or drawn. */
  let() {
    this.handles?.remove();
    this.outline.remove();
    this.sheet?.node.remove();
    this.handles = this.sheet = null;
    this.figure.choices.markDrawing(false);
  }

  /** What can be done, below U. */
  say(hint) {
    const { size } = this.figure.data.network;
    this.pane.node.lastChild.innerHTML = `${size} × ${size} pixels<span class="hint">. ${hint}</span>`;
  }

  /** Put the handles where the digit or the frame is. */
  mark() {
    this.handles?.show(this.grasped === "grid" ? this.figure.theta : this.figure.pose);
    if (!this.outline.isConnected) return;
    const [first, second, third, fourth] = this.handles.positions;
    this.outline.setAttribute("viewBox", VIEW);
    this.outline.innerHTML = `<polygon points="${[first, second, fourth, third].join(" ")}"/>`;
  }
}
