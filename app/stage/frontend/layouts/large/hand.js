/** What the hand takes on a large pair: the grid of a transformer, or an input; and the handles of it. */
import { element, group, press } from "../../dom.js";
import { Handles } from "../../parts/handles.js";

export class Hand {
  /**
   * @param {(theta: number[]) => void} onTheta  the active transformer's
   * @param {(pose: number[], input: number) => void} onPose
   * @param {() => void} onChoice  the hand takes something else
   */
  constructor(onTheta, onPose, onChoice) {
    Object.assign(this, { onTheta, onPose, onChoice });
    this.reset();
  }

  /** Take the first transformer's grid. */
  reset() {
    Object.assign(this, { active: 0, mode: "grid" });
  }

  /** Take what it took before on a pair that is new. */
  begin(pair, data) {
    Object.assign(this, { pair, data });
    if (!data.transform) this.mode = this.input;
  }

  /** The number of the input that it takes, or would take. */
  get input() {
    return Number(this.mode) || 0;
  }

  /** Which transformer the handles and sliders are of, and whether the hand takes grid or input. */
  choices() {
    const { transformers, inputs, transform } = this.data;
    const groups = (this.groups = []); // with the values of their buttons, and what of this they are
    this.whose = null;
    if (transformers.length > 1) {
      const names = transformers.map(({ name, colour }, n) => ({ value: n, name, colour }));
      this.whose = group("Transformer:", names, this.active, (active) => this.choose({ active }));
      groups.push({ node: this.whose, values: names.map(({ value }) => value), now: "active" });
    }
    const movable = inputs.map(({ name }, i) => ({ value: i, name }));
    if (transform) movable.unshift({ value: "grid", name: transformers.length > 1 ? "grids" : "grid" });
    if (movable.length > 1) {
      const node = group("Drag:", movable, this.mode, (mode) => this.choose({ mode }));
      groups.push({ node, values: movable.map(({ value }) => value), now: "mode" });
    }
    return groups.length ? [element("div", { className: "choices" }, ...groups.map(({ node }) => node))] : [];
  }

  /** For a link. */
  get choice() {
    return { active: this.active, mode: this.mode };
  }

  /** Take what a link says; false if there is no such thing. */
  take({ active, mode }) {
    const { transformers, inputs, transform } = this.data;
    const isThere = mode === "grid" ? Boolean(transform) : Number.isInteger(mode) && mode in inputs;
    if (!isThere || !(active === 0 || (Number.isInteger(active) && active in transformers))) return false;
    Object.assign(this, { active, mode });
    this.groups.forEach(({ node, values, now }) => press(node.querySelectorAll("button"), (_, i) => values[i] === this[now]));
    this.grasp();
    this.onChoice();
    return true;
  }

  choose(choice) {
    Object.assign(this, choice);
    this.grasp();
    this.onChoice();
  }

  /** Handles on every U: of the active transformer's grid; or of an input, on its channel. */
  grasp() {
    this.handles?.forEach((handles) => handles.remove());
    const { inputs, transform, inputSize } = this.data;
    const input = inputs[this.mode];
    const aspect = inputSize[0] / inputSize[1];
    if (this.whose) this.whose.style.visibility = input ? "hidden" : "visible"; // an input has its own
    this.handles = this.pair.us
      .filter(({ plane }) => (input?.channel ?? plane) === plane)
      .map(({ square }) =>
        input
          ? new Handles(square, input.form, (pose) => this.onPose(pose, this.input), aspect)
          : new Handles(square, transform, this.onTheta, aspect)
      );
  }

  /** Put the handles where these have them. */
  show(thetas, poses) {
    const at = this.mode === "grid" ? thetas[this.active] : poses[this.mode];
    this.handles.forEach((handles) => handles.show(at));
  }
}
