/** U and V as they are seen: volumes with the grid's box, their projections and a slice, and words. */
import { element } from "../../dom.js";
import * as solid from "../../maths/solid.js";
import { short } from "../../parts/numbers.js";
import { Knob } from "./controls.js";
import { drawGridBox, drawVolume } from "./outline.js";
import { Pane } from "./pane.js";
import { Scene } from "./scene.js";

const GROUND = "#1d2126"; // as behind U and V in stage.css
const LETTERS = "#9aa7b3";
const AXES = [["x", [1.12, -1, -1]], ["y", [-1, 1.12, -1]], ["z", [-1, -1, 1.14]]];
const DIM = 0.42; // voxels that the grid does not read

export class Picture {
  /**
   * @param {object} data  as decode.js gives it
   * @param {import("./view.js").View} view
   * @param {(kind: "U"|"V", pixels: number[]) => void} onPull  a hand has dragged one of the volumes
   */
  constructor(data, view, onPull) {
    Object.assign(this, { data, view });
    this.sliceIndex = null; // the slice with the most ink, until one is chosen
    this.u = new Pane("U", "Volume", data.captions.U, (pixels) => onPull("U", pixels));
    this.v = new Pane("V", "Output", data.captions.V, (pixels) => onPull("V", pixels));
    const flats = [this.u, this.v].flatMap(({ projection, slice }) => [projection.node, slice.node]);
    this.sentence = element("p", { className: "words", ariaLive: "polite" });
    this.flattener = new Knob("Flatten V", "sum it along its depth into the projection W", 1, 0.01, view.flat, (flat) => {
      view.flat = flat;
      this.paint();
    });
    this.slices = new Knob("Slice", "plane of constant depth in V", data.outputSide - 1, 1, 0, (index) => {
      this.sliceIndex = index;
      this.paint();
    });
    this.volumes = element("div", { className: "solids" }, this.u.node, this.v.node, element("div", { className: "flats" }, ...flats));
    this.nodes = [
      this.volumes,
      this.sentence,
      element("div", { className: "choices" }, this.flattener.node, this.slices.node),
    ];
  }

  /** How far a screen's pixel is in U, normalised. */
  get pixelSize() {
    const { canvas, scale, side } = this.u.scene;
    return side / canvas.clientWidth / scale;
  }

  /** @param {number[]} theta  @param {{turn: number[], shift: number[]}} pose  the digit's */
  show(theta, pose) {
    const { digit, side, outputSide } = this.data;
    if (this.pose !== pose) {
      this.volume = solid.extrude(digit, pose, side);
      this.surface = solid.surface(this.volume, side);
    }
    Object.assign(this, { theta, pose });
    this.output = solid.read(this.volume, side, theta, outputSide);
    this.outputSurface = solid.surface(this.output, outputSide);
    this.paint();
  }

  paint() {
    if (!this.output) return;
    const { outputSide } = this.data;
    this.flattener.value = this.view.flat;
    const k = this.sliceIndex ?? this.fullestSlice();
    const depth = (2 * k + 1) / outputSide - 1;
    const projection = solid.project(this.output, outputSide);
    this.paintU(this.u.scene, depth);
    this.paintV(this.v.scene, depth, projection);
    this.u.canvas.again = (canvas) => this.paintU(new Scene(canvas), depth);
    this.v.canvas.again = (canvas) => this.paintV(new Scene(canvas), depth, projection);
    this.paintFlats(k, depth, projection);
    this.describe();
  }

  /** U, bright where the grid reads it. */
  paintU(scene, depth) {
    const { data, view } = this;
    const [matrix, shift] = [solid.matrixOf(this.theta), solid.shiftOf(this.theta)];
    const into = (point) => solid.apply(matrix, point).map((value, i) => value + shift[i]);
    const inverse = solid.inverse(matrix);
    const brightness = (lit, x, y, z) => {
      if (!inverse || !data.transforms) return lit;
      const point = solid.apply(inverse, [x - shift[0], y - shift[1], z - shift[2]]);
      return point.every((value) => Math.abs(value) <= 1) ? lit : DIM * lit;
    };
    scene.begin(view.camera, GROUND, view.zoom);
    drawVolume(scene);
    scene.voxels(this.surface, 2 / data.side, brightness);
    if (data.transforms) drawGridBox(scene, into, depth, data.colours);
    scene.end(AXES, LETTERS);
  }

  /** V, which becomes its projection as it is flattened. */
  paintV(scene, depth, projection) {
    const { data, view } = this;
    const squeezed = ([x, y, z]) => [x, y, z * (1 - view.flat)];
    const share = view.flat > 0.5 ? 2 * view.flat - 1 : 0; // how far it is a picture
    const brightest = Math.max(1e-6, ...projection);
    scene.begin(view.camera, GROUND, view.zoom);
    const values = projection.map((value) => value / brightest);
    const pixel = (v) => Math.max(0, Math.min(data.outputSide - 1, Math.floor(((v + 1) / 2) * data.outputSide)));
    const sum = (x, y) => values[pixel(y) * data.outputSide + pixel(x)];
    if (share < 1) scene.voxels(this.outputSurface, 2 / data.outputSide, (lit, x, y) => (1 - share) * lit + share * sum(x, y), view.flat);
    else scene.picture(values, data.outputSide);
    drawGridBox(scene, squeezed, depth, data.colours);
    scene.end([], LETTERS);
  }

  /** The projections, and the slice: of V a plane of its voxels, of U the same read as finely as U is. */
  paintFlats(k, depth, projection) {
    const { volume, data } = this;
    const { side, outputSide, captions } = data;
    const summed = solid.project(volume, side);
    this.u.projection.show(summed, side, Math.max(1e-6, ...summed), "U, summed along z");
    this.v.projection.show(projection, outputSide, Math.max(1e-6, ...projection), captions.W);
    this.v.slice.show(solid.slice(this.output, outputSide, k), outputSide, 1, `V, slice ${k + 1} of ${outputSide}`);
    this.u.slice.show(solid.read(volume, side, this.theta, side, [depth]), side, 1, "U, the same plane");
  }

  /** The slice of V with the most ink. */
  fullestSlice() {
    const { outputSide } = this.data;
    const ink = [...Array(outputSide).keys()].map((k) =>
      solid.slice(this.output, outputSide, k).reduce((sum, value) => sum + value, 0)
    );
    const k = ink.indexOf(Math.max(...ink));
    this.slices.value = k;
    return k;
  }

  /** How far the digit is turned from face-on in U and in V, in words. */
  describe() {
    const { theta, pose } = this;
    const aside = (m) => `${solid.facingDegrees(m, pose.turn).toFixed(0)}°`;
    const ofU = `Viewing angle off face-on: ${aside(solid.matrixOf(this.data.identity))} in U`;
    this.sentence.textContent = this.data.transforms ? `${ofU}, ${aside(solid.matrixOf(theta))} in V.` : `${ofU}.`;
    const size = short(Math.abs(solid.determinant(solid.matrixOf(theta))));
    this.v.canvas.setAttribute("aria-description", this.sentence.textContent);
    this.u.canvas.setAttribute("aria-description", `${this.sentence.textContent} The box read by the grid is ${size} times the volume.`);
  }
}
