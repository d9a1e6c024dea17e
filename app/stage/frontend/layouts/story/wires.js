/** The wires between the boxes of Fig. 2, from where the boxes stand. */

const SVG = "http://www.w3.org/2000/svg";
const CLEAR_PIXELS = 5; // between a wire and its boxes
const LEVEL = 0.4; // of U's height, where most of the wires are
const WIRES = [
  ["u", "right", "localisation", "left"],
  ["localisation", "right", "theta", "left"],
  ["theta", "right", "generator", "left"],
  ["generator", "bottom", "sampler", "top"],
  ["u", "bottom", "sampler", "left"],
  ["sampler", "right", "v", "bottom"],
  ["v", "right", "classifier", "left"],
];
// Where the boxes between them are not shown.
const [TO_V, TO_CLASSIFIER] = [["u", "right", "v", "left"], ["v", "right", "classifier", "left"]];
const SHORT = {
  image: [["u", "right", "classifier", "left"]],
  frame: [TO_V, TO_CLASSIFIER],
  predict: [...WIRES.slice(0, 3), ["generator", "right", "v", "left"], TO_CLASSIFIER],
};
const TIP =
  '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="10" markerHeight="10" ' +
  'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="currentColor" ' +
  'stroke="none"/></marker></defs>';

export class Wires {
  constructor() {
    this.node = document.createElementNS(SVG, "svg");
    this.node.setAttribute("class", "wires");
    this.node.setAttribute("aria-hidden", "true");
  }

  /**
   * @param {HTMLElement} diagram  what the wires lie in
   * @param {Object<string, HTMLElement>} boxes
   * @param {HTMLElement} square  U's
   */
  draw(diagram, boxes, square) {
    const frame = diagram.getBoundingClientRect();
    this.node.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    const u = square.getBoundingClientRect();
    const level = u.top + LEVEL * u.height - frame.top;
    const isShown = ([from, , to]) => [from, to].every((name) => boxes[name].getClientRects().length > 0);
    const paths = (SHORT[diagram.dataset.scene] ?? WIRES).filter(isShown).map(([from, out, to, into]) => {
      const [start, end] = [port(boxes[from], out, frame), port(boxes[to], into, frame)];
      if (out === "bottom" && into === "top") end[0] = start[0]; // the box below is wider
      if (out === "right" && into === "left") start[1] = end[1] = level;
      start[out === "bottom" ? 1 : 0] += CLEAR_PIXELS;
      end[into === "left" ? 0 : 1] += into === "bottom" ? CLEAR_PIXELS : -CLEAR_PIXELS;
      const bent = into === "bottom" ? `H${end[0]}` : to === "sampler" && into === "left" ? `V${end[1]}` : "";
      const tip = diagram.classList.contains("backward") ? "start" : "end";
      return `<path d="M${start}${bent}L${end}" data-wire="${from}-${to}" marker-${tip}="url(#tip)"/>`;
    });
    this.node.innerHTML = TIP + paths.join("");
  }
}

/** The middle of a box's side, in its frame. */
function port(node, side, frame) {
  const box = node.getBoundingClientRect();
  const [left, top] = [box.left - frame.left, box.top - frame.top];
  if (side === "bottom") return [left + box.width / 2, top + box.height];
  if (side === "top") return [left + box.width / 2, top];
  return [side === "right" ? left + box.width : left, top + box.height / 2];
}
