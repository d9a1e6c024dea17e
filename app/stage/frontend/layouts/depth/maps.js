/**
 * Feature maps before and after transformers in depth, made by the browser: the layers between two
 * of them are a few convolutions (App. A.5). A map in depth follows within a few frames.
 */
import { points } from "../../maths/grid.js";
import { BILINEAR } from "../../maths/kernels.js";
import { activations } from "../../maths/layers.js";
import { sample } from "../../maths/sampling.js";

/** @typedef {import("../../maths/layers.js").Maps} Maps */

export class DeepMaps {
  /**
   * @param {import("../../maths/layers.js").Layer[][]} layers  between one transformer and the next
   * @param {object[]} forms  of θ, at the size of each transformer's maps
   * @param {(n: number) => void} onMaps  those before the n-th transformer, from 0, are others now
   */
  constructor(layers, forms, onMaps) {
    Object.assign(this, { layers, forms, onMaps, frame: 0, before: [], read: [] });
  }

  /**
   * From now on the first transformer is given this image, and each of them θ.
   * @param {Maps} image  @param {number[][]} thetas
   */
  show(image, thetas) {
    this.wanted = { image, thetas };
    if (this.before[0] !== image) {
      this.before[0] = image;
      this.onMaps(0);
    }
    if (!this.frame) this.pass(0);
  }

  /** The maps from the n-th transformer on, one in a frame; what has not changed is kept. */
  pass(n) {
    this.job = n === 0 ? this.wanted : this.job;
    while (n < this.layers.length && this.isKept(n)) n += 1;
    if (n < this.layers.length) {
      this.frame = requestAnimationFrame(() => {
        this.make(n);
        this.pass(n + 1);
      });
    } else {
      this.frame = 0;
      if (this.job !== this.wanted) this.pass(0);
    }
  }

  isKept(n) {
    const { maps, theta } = this.read[n] ?? {};
    return maps === this.before[n] && theta.every((v, p) => v === this.job.thetas[n][p]);
  }

  /** What the layers after the n-th transformer make of its output. */
  make(n) {
    const [maps, theta] = [this.before[n], this.job.thetas[n]];
    const values = this.after(n, maps, theta);
    this.read[n] = { maps, theta };
    this.before[n + 1] = activations(this.layers[n], { ...maps, values }).at(-1);
    this.onMaps(n + 1);
  }

  /** The n-th transformer's output: (C · H · W). @param {Maps} maps  @param {number[]} theta */
  after(n, maps, theta) {
    const form = this.forms[n];
    return sample({ ...maps, pixels: maps.values }, points(form, theta, form.target), BILINEAR);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}

/**
 * One map of many, or their mean, as a picture; U and V are drawn in the same shades.
 * @param {Maps} maps  @param {number|null} channel
 * @returns {import("../../maths/sampling.js").Source}
 */
export function shownMap({ channels, height, width, values }, channel) {
  const plane = height * width;
  let one;
  if (channel === null) {
    one = new Float32Array(plane);
    for (let i = 0; i < values.length; i++) one[i % plane] += values[i] / channels;
  } else one = values.slice(channel * plane, (channel + 1) * plane);
  const largest = one.reduce((a, b) => Math.max(a, b), 1e-6);
  return { pixels: one.map((value) => (255 * value) / largest), channels: 1, height, width };
}
