/** Voxels and lines with a depth buffer, on a canvas. */
import { apply } from "../../maths/solid.js";

const FIT = 1.75; // half the pane's width in half widths of the volume
const LIGHT = [-0.42, -0.55, -0.72]; // towards the lamp, seen from the camera
const AMBIENT = 0.34;
const MAX_SIDE_PIXELS = 720; // on the screen

/** A hexadecimal colour as three numbers of 0 to 255. */
const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

export class Scene {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
  }

  /** @param {number[]} camera  a rotation: x to the right, y down, z away from the viewer */
  begin(camera, ground, zoom = 1) {
    const { canvas } = this;
    const onScreen = Math.min(MAX_SIDE_PIXELS, Math.round(canvas.clientWidth * Math.min(2, window.devicePixelRatio || 1)));
    const side = Math.max(1, canvas.sharp ? Math.round(canvas.clientWidth * canvas.sharp) : onScreen);
    if (canvas.width !== side || !this.image) {
      canvas.width = canvas.height = side;
      this.context = canvas.getContext("2d");
      this.image = this.context.createImageData(side, side);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.depths = new Float32Array(side * side);
    }
    this.camera = camera;
    this.side = side;
    this.scale = (side / 2 / FIT) * zoom;
    this.pixels.fill(this.packed(channels(ground), 1));
    this.depths.fill(Infinity);
  }

  packed([r, g, b], light) {
    const to = (value) => Math.min(255, Math.round(value * light));
    return (255 << 24) | (to(b) << 16) | (to(g) << 8) | to(r);
  }

  /** Where a point is seen: column, row, and how far away. */
  place(point) {
    const [x, y, z] = apply(this.camera, point);
    return [this.side / 2 + this.scale * x, this.side / 2 + this.scale * y, z];
  }

  square(x, y, z, half, colour) {
    const { side, depths, pixels } = this;
    const [left, right] = [Math.max(0, Math.round(x - half)), Math.min(side - 1, Math.round(x + half))];
    const [top, bottom] = [Math.max(0, Math.round(y - half)), Math.min(side - 1, Math.round(y + half))];
    for (let row = top; row <= bottom; row++) {
      for (let at = row * side + left; at <= row * side + right; at++) {
        if (depths[at] <= z) continue;
        depths[at] = z;
        pixels[at] = colour;
      }
    }
  }

  /**
   * Surface voxels, as ``solid.surface`` gives them, lit from the camera's left.
   * @param {number} size  a voxel's, normalised
   * @param {(lit: number, x: number, y: number, z: number) => number} brightness  of a voxel, by how it is lit
   * @param {number} flat  0 to 1: how far the depth is collapsed
   */
  voxels(surface, size, brightness, flat = 0) {
    const { camera: c } = this;
    const half = (1.2 * size * this.scale) / 2;
    for (let n = 0; n < surface.length; n += 7) {
      const [x, y, z, nx, ny, nz] = surface.subarray(n, n + 6);
      const [column, row, depth] = this.place([x, y, z * (1 - flat)]);
      const normal = apply(c, [nx, ny, nz]);
      const lit = normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + normal[2] * LIGHT[2];
      const light = (AMBIENT + (1 - AMBIENT) * Math.max(0, lit)) * (1 - 0.12 * depth);
      const level = Math.max(0, Math.min(1, brightness(light * (0.45 + 0.55 * surface[n + 6]), x, y, z)));
      this.square(column, row, depth, half, this.packed([255, 250, 240], level));
    }
  }

  /** A picture of side² values in [0, 1] on the plane z = 0, as far as it is bright. */
  picture(values, side) {
    const half = (1.25 * this.scale) / side;
    for (let n = 0; n < values.length; n++) {
      if (values[n] < 0.04) continue;
      const [i, j] = [n % side, Math.floor(n / side)];
      const [column, row, depth] = this.place([(2 * i + 1) / side - 1, (2 * j + 1) / side - 1, 0]);
      this.square(column, row, depth - 0.02, half, this.packed([255, 250, 240], values[n]));
    }
  }

  line(from, to, colour, width, light = 1) {
    const [a, b] = [this.place(from), this.place(to)];
    const length = Math.ceil(Math.max(Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1]), 1));
    const steps = Math.min(length, 8 * this.side); // a box far larger than the volume is dotted
    const painted = this.packed(channels(colour), light);
    const half = (width * this.side) / 1000;
    for (let n = 0; n <= steps; n++) {
      const [x, y, z] = a.map((value, i) => value + ((b[i] - value) * n) / steps);
      this.square(x, y, z, half, painted);
    }
  }

  /** A closed or open line through points. */
  path(points, colour, width, light = 1) {
    for (let n = 1; n < points.length; n++) this.line(points[n - 1], points[n], colour, width, light);
  }

  dot(point, colour, width) {
    const [x, y, z] = this.place(point);
    this.square(x, y, z - 0.05, (width * this.side) / 1000, this.packed(channels(colour), 1));
  }

  /** Put it on the canvas; words are written over it: [text, point]. */
  end(words, colour) {
    const { context, side } = this;
    context.putImageData(this.image, 0, 0);
    context.fillStyle = colour;
    context.font = `${Math.max(11, side / 30)}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const [text, point] of words) {
      const [x, y] = this.place(point);
      context.fillText(text, x, y);
    }
  }
}
