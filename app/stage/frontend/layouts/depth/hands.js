/** Handles: of one frame on the photograph, and of each transformer's frame on the map that it reads. */
import { IDENTITY, affine } from "../../maths/affine.js";
import { determinant, invert, product } from "../../maths/pose.js";
import { Handles } from "../../parts/handles.js";
import { multipliedOut } from "./picture.js";

const FLAT = 1e-6; // of what is multiplied out so far: nothing can be undone in it

/** A transform whose handles say whose they are. */
const named = (form, whose) => ({ ...form, handles: form.handles.map((one) => ({ ...one, name: `${whose}, ${one.name}` })) });

export class Hands {
  /** @param {import("./depth.js").Depth} depth */
  constructor(depth) {
    this.depth = depth;
    const { us } = depth.picture;
    this.own = depth.data.sizes.map((_, n) => {
      us[n].square.addEventListener("pointerdown", () => depth.active !== n && depth.take(n), true);
      const form = named(affine([1, 1], `the frame of transformer ${n + 1}`, true), `transformer ${n + 1}`);
      return new Handles(us[n].square, form, (theta) => depth.hold(theta, undefined, n), 1, `U of transformer ${n + 1}`);
    });
    this.grasp();
  }

  /** Take the active frame on the photograph. */
  grasp() {
    const { photo } = this.depth.picture;
    const { height, width } = this.depth.data.photograph;
    const { active } = this.depth;
    this.onPhoto?.remove();
    const name = active === "crop" ? "the crop" : `frame ${active + 1} on the photograph`;
    this.onPhoto = new Handles(photo.square, affine([1, 1], name), (theta) => this.pull(theta), height / width, "the photograph");
  }

  /** What frames before the active one have in the photograph: photo <- its U. */
  get before() {
    const { active, crop, thetas } = this.depth;
    if (active === "crop") return IDENTITY;
    return active === 0 ? crop : product(crop, multipliedOut(thetas)[active - 1]);
  }

  /** A hand wants the active frame there on the photograph: θ is what is left of it. */
  pull(onPhoto) {
    const { before } = this;
    if (Math.abs(determinant(before)) < FLAT) return;
    this.depth.hold(product(invert(before), onPhoto));
  }

  show() {
    const { active, crop, thetas } = this.depth;
    this.own.forEach((handles, n) => handles.show(thetas[n]));
    this.onPhoto.show(active === "crop" ? crop : product(this.before, thetas[active]));
  }
}
