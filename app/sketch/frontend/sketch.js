/**
 * A sheet of side × side pixels to draw on, whose pixels are sent to Python when the hand rests; or
 * a field to paste or drop a picture into, which is sent as a PNG.
 */

const REST_MILLISECONDS = 250;
const RADIUS = 1.7; // of the brush, in pixels; it fades over its last one

class Sketch {
  constructor(root, side) {
    this.side = side;
    this.values = new Uint8Array(side * side);
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.canvas.height = side;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Drawing area: use mouse, pen or finger");
    const clear = document.createElement("button");
    clear.type = "button";
    clear.textContent = "Clear";
    clear.onclick = () => {
      this.values.fill(0);
      this.paint();
      this.report();
    };
    this.canvas.onpointerdown = (event) => {
      if (event.button !== 0 || !event.isPrimary) return; // a second finger draws nothing
      event.preventDefault();
      this.pointer = event.pointerId;
      this.canvas.setPointerCapture(this.pointer);
      this.last = this.where(event);
      this.stroke(this.last, this.last);
    };
    this.canvas.onpointermove = (event) => {
      if (event.pointerId !== this.pointer || !this.canvas.hasPointerCapture(this.pointer)) return;
      const here = this.where(event);
      this.stroke(this.last, here);
      this.last = here;
    };
    this.canvas.onpointerup = () => this.report();
    root.replaceChildren(this.canvas, clear);
    this.paint();
  }

  where(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.side - 0.5,
      ((event.clientY - box.top) / box.height) * this.side - 0.5,
    ];
  }

  stroke([x0, y0], [x1, y1]) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    for (let y = 0; y < this.side; y++) {
      for (let x = 0; x < this.side; x++) {
        const share = length ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
        const distance = Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
        const ink = 255 * Math.max(0, Math.min(1, RADIUS - distance));
        const i = y * this.side + x;
        this.values[i] = Math.max(this.values[i], ink);
      }
    }
    this.paint();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.report(), REST_MILLISECONDS);
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const pixels = context.createImageData(this.side, this.side);
    this.values.forEach((value, i) => {
      pixels.data.fill(value, 4 * i, 4 * i + 3);
      pixels.data[4 * i + 3] = 255;
    });
    context.putImageData(pixels, 0, 0);
  }

  report() {
    clearTimeout(this.rest);
    this.send(btoa(String.fromCharCode(...this.values)));
  }
}

const MAX_PICTURE_PIXELS = 512; // of a pasted picture's longer side

class PasteField {
  constructor(root) {
    this.field = document.createElement("div");
    this.field.className = "paste";
    this.field.tabIndex = 0;
    this.field.setAttribute("role", "group");
    this.field.setAttribute("aria-label", "Paste or drop a picture here");
    this.say("Click here and paste a picture (Ctrl+V), or drop one.");
    this.field.onpaste = (event) => {
      event.preventDefault();
      this.take(event.clipboardData);
    };
    this.field.ondragover = (event) => event.preventDefault();
    this.field.ondrop = (event) => {
      event.preventDefault();
      this.take(event.dataTransfer);
    };
    root.replaceChildren(this.field);
  }

  say(words) {
    this.field.textContent = words;
  }

  async take(transfer) {
    const file = [...transfer.files].find((f) => f.type.startsWith("image/"));
    if (!file) {
      this.say("That is not a picture. Copy one, click here and press Ctrl+V.");
      return;
    }
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, MAX_PICTURE_PIXELS / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      this.send(canvas.toDataURL("image/png").split(",")[1]);
      this.say(`Picture loaded: ${picture.width} × ${picture.height} pixels. Paste another to replace it.`);
    } catch {
      this.say("This picture cannot be read. Use a PNG, JPEG or WebP file.");
    }
  }
}

/** @type {WeakMap<object, Sketch | PasteField>} */
const made = new WeakMap();

export default function mount({ data, parentElement, setStateValue }) {
  const Kind = data.paste ? PasteField : Sketch;
  let widget = made.get(parentElement);
  if (!(widget instanceof Kind)) {
    widget = new Kind(parentElement.querySelector(".sketch"), data.side);
    made.set(parentElement, widget);
  }
  widget.send = (value) => setStateValue(data.paste ? "pasted" : "drawn", value);
  return () => {
    // Streamlit now and then mounts a component again on the same element: what is drawn stays.
    if (!parentElement.isConnected) clearTimeout(widget.rest);
  };
}
