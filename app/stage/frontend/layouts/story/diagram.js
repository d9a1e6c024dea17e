/** The boxes of the figure, and the captions in them. */
import { element } from "../../dom.js";

/** A box of the figure: its name, which opens a page, its symbol, and what is in it. */
function titledBox(name, symbol, page, ...parts) {
  const sign = element("span", { className: "symbol", textContent: symbol });
  const link = element("a", { href: page, target: "_self" }, name, name && symbol ? " " : "", sign);
  const box = element("div", { className: "box" }, element("h3", {}, link), ...parts);
  box.link = link;
  return box;
}

/** @param {import("./figure.js").Figure} figure  with what is in them */
export function boxesOf({ pair, maps, numbers, lattice, taps, inspector, classes }) {
  const boxes = {
    u: titledBox("Image", "U", "distorted", pair.us[0].node),
    localisation: titledBox("Localisation network", "", "distorted", ...maps.nodes),
    theta: titledBox("", "θ", "transformer", ...numbers.nodes),
    generator: titledBox("Grid generator", "", "transformer", ...lattice.nodes),
    sampler: titledBox("Sampler", "", "transformer", taps.node, inspector.note),
    v: titledBox("Output", "V", "labels", pair.vs[0][0].node),
    classifier: titledBox("Classifier", "", "distorted", ...classes.nodes),
  };
  for (const [name, node] of Object.entries(boxes)) node.dataset.box = name;
  return boxes;
}

/** What stands below U and V. @param {{size: number}} network */
export function captionsOf({ size }) {
  const pixels = `${size} × ${size} pixels`;
  return { U: pixels, V: `${pixels}, read from U at T<sub>θ</sub>(G)` };
}
