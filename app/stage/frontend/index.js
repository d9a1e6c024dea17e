/**
 * The stage: U with T_θ(G) on it and V beside it, drawn in every frame by the browser itself.
 * One large pair with sliders for θ, or a strip of small ones to look at or to choose from.
 */
import { Stage } from "./stage.js";

/** @type {WeakMap<object, Stage>} */
const stages = new WeakMap();

export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".stage");
  let stage = stages.get(parentElement);
  if (!stage) {
    stage = new Stage(root);
    stages.set(parentElement, stage);
  }
  stage.update(decode(data), setStateValue, setTriggerValue);
  return () => {
    stage.dispose();
    stages.delete(parentElement);
  };
}

/** Base64 to the bytes it stands for. */
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

function decode(data) {
  const transform = data.transform && {
    ...data.transform,
    slope: floats(data.transform.slope),
    offset: floats(data.transform.offset),
    target: floats(data.transform.target),
    latticeTarget: floats(data.transform.latticeTarget),
    handleTarget: floats(data.transform.handleTarget),
  };
  const items = data.items.map((item) => ({ ...item, image: bytes(item.image) }));
  return { ...data, transform, items };
}
