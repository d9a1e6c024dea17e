/** What has been drawn on a canvas, drawn once more as SVG. Only what drawing.js needs of a context. */

class Pen {
  constructor() {
    Object.assign(this, { strokeStyle: "#000", fillStyle: "#000", lineWidth: 0.01, globalAlpha: 1, pieces: [], path: "" });
  }

  scale() {} // to units of the pane's width, which is what the view box is in

  beginPath() {
    this.path = "";
  }

  moveTo(x, y) {
    this.path += `M${x} ${y}`;
  }

  lineTo(x, y) {
    this.path += `${this.path ? "L" : "M"}${x} ${y}`;
  }

  /** A whole circle. */
  arc(x, y, r) {
    this.path += `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }

  strokeRect(x, y, w, h) {
    this.path = `M${x} ${y}h${w}v${h}h${-w}z`;
    this.stroke();
  }

  stroke() {
    this.pieces.push(
      `<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" ` +
        `stroke-opacity="${this.globalAlpha}" stroke-linejoin="round" stroke-linecap="round"/>`
    );
  }

  fill() {
    this.pieces.push(`<path d="${this.path}" fill="${this.fillStyle}" fill-opacity="${this.globalAlpha}"/>`);
  }
}

/** The elements of what a canvas shows that knows how to draw itself ``again``, in its own width. */
export function vector(canvas) {
  const pen = new Pen();
  canvas.again({ clientWidth: canvas.clientWidth, clientHeight: canvas.clientHeight, getContext: () => pen });
  return pen.pieces.join("");
}
