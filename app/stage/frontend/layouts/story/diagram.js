/** The boxes of the figure, and the captions in them. */
import { element } from "../../dom.js";

/** A box of the figure: its name, which opens a page of the app where there is one, its symbol, and what is in it. */
function titledBox(isLinked, name, symbol, page, ...parts) {
  const sign = element("span", { className: "symbol", textContent: symbol });
  const named = [name, name && symbol ? " " : "", sign];
  const title = isLinked ? element("a", { href: page, target: "_self" }, ...named) : element("span", {}, ...named);
  const box = element("div", { className: "box" }, element("h3", {}, title), ...parts);
  box.link = isLinked ? title : null;
  return box;
}

/** @param {import("./figure.js").Figure} figure  with what is in them */
export function boxesOf({ data, pair, maps, numbers, lattice, taps, inspector, classes }) {
  const boxes = {
    u: titledBox(data.links, "Image", "U", "distorted", pair.us[0].node),
    localisation: titledBox(data.links, "Localisation network", "", "distorted", ...maps.nodes),
    theta: titledBox(data.links, "", "θ", "transformer", ...numbers.nodes),
    generator: titledBox(data.links, "Grid generator", "", "transformer", ...lattice.nodes),
    sampler: titledBox(data.links, "Sampler", "", "transformer", taps.node, inspector.note),
    v: titledBox(data.links, "Output", "V", "labels", pair.vs[0][0].node),
    classifier: titledBox(data.links, "Classifier", "", "distorted", ...classes.nodes),
  };
  for (const [name, node] of Object.entries(boxes)) node.dataset.box = name;
  return boxes;
}

/** What stands below U and V. @param {{size: number}} network */
export function captionsOf({ size }) {
  const pixels = `${size} × ${size} pixels`;
  return { U: pixels, V: `${pixels}, read from U at T<sub>θ</sub>(G)` };
}
