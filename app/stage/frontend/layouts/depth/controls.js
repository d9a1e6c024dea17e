/** What stands around the panes: which frame the hand takes, mute, channels, and θ in numbers. */
import { button, element, group } from "../../dom.js";
import { NARROW_PIXELS, PoseNumbers } from "../../parts/numbers.js";

const ROWS = [
  "All so far, multiplied out: what is left of the crop",
  "Before: its input U, with its own frame",
  "After: its output V",
];
const ALONE = ["", "The crop that the networks read"];

/** Titles of the rows of panes. @param {number} count  of transformers */
export const rowNames = (count) => (count ? ROWS : ALONE).map((words) => element("div", { className: "row-name", textContent: words }));

/** Which frame the handles on the photograph and the sliders are of. */
export function dragGroup({ sizes, colours }, active, onChosen) {
  const choices = sizes.map((_, n) => ({ value: n, name: `${n + 1}`, colour: colours.frames[n] }));
  choices.unshift({ value: "crop", name: "crop" });
  const node = group("Drag:", choices, active, onChosen);
  return { node: element("div", { className: "choices" }, node), buttons: node.querySelectorAll("button"), values: choices.map(({ value }) => value) };
}

/** The head of a transformer's column. @param {import("./depth.js").Depth} depth  @param {number} n */
export function columnOf(depth, n) {
  const [channels, height, width] = depth.data.sizes[n];
  const title = element("span", { className: "title", textContent: `${n + 1}` });
  title.style.borderLeft = `0.5rem solid ${depth.data.colours.frames[n]}`;
  title.title = `Transformer ${n + 1} reads ${channels} maps of ${height} × ${width}`;
  const mute = button("Mute", () => depth.mute(n), { title: "Sets its θ to the identity: V is U", ariaLabel: `Mute transformer ${n + 1}` });
  const maps = n ? channelList(depth, n, channels) : element("span", { className: "maps-of", textContent: "the crop" });
  return { mute, node: element("div", { className: "column" }, title, mute, maps) };
}

function channelList(depth, n, channels) {
  const names = ["mean", ...Array(channels).keys()].map((c) => element("option", { value: c, textContent: c === "mean" ? `mean of ${channels}` : `channel ${c + 1}` }));
  const list = element("select", { ariaLabel: `Map shown of transformer ${n + 1}`, title: "Which of its feature maps is shown" }, ...names);
  list.onchange = () => depth.picture.choose(n, list.value === "mean" ? null : Number(list.value));
  return list;
}

/** What the hand takes. @param {number|"crop"} active */
export const nameOf = (active) => (active === "crop" ? "The crop" : `θ of transformer ${active + 1}`);

/** The active frame in numbers. */
export function numbersOf(root, onTheta) {
  return new PoseNumbers(root.clientWidth > NARROW_PIXELS, onTheta);
}
