/** The networks that Python has sent this page, which run in the browser from then on. */
import { halves } from "../maths/layers.js";
import { Network } from "../maths/network.js";

const SLOW_MILLISECONDS = 100; // for one answer: a hand would wait for it
const TRIALS = 4; // until the browser has compiled what a network runs through
const PATIENCE_MILLISECONDS = 1000; // for a moment without other work

/** @type {Map<string, Network>} */
const kept = new Map();
const known = new Set(); // by their ids, those that are tried or too slow as well

/**
 * Keep a network, unless it is known, once it has run a few times: so the first hand does not wait.
 * @param {Uint8Array} content  as app/stage/networks.py has packed it
 */
export function keepNetwork(content) {
  const { description, weights } = parted(content);
  const { id, shape } = description;
  if (known.has(id)) return;
  known.add(id);
  const network = unpacked(description, weights());
  const trials = [];
  const tryOut = () => {
    const begun = performance.now();
    network.runOnNothing(shape);
    trials.push(performance.now() - begun);
    if (trials.length < TRIALS) whenIdle(tryOut);
    else if (Math.min(...trials) < SLOW_MILLISECONDS) kept.set(id, network);
  };
  whenIdle(tryOut);
}

/** Keep a network, however slow it is: where there is no Python to answer. */
export function holdNetwork(content) {
  const { description, weights } = parted(content);
  kept.set(description.id, unpacked(description, weights()));
}

function parted(content) {
  const [length] = new Uint32Array(content.slice(0, 4).buffer);
  const description = JSON.parse(new TextDecoder().decode(content.subarray(4, 4 + length)));
  return { description, weights: () => content.slice(4 + length) };
}

/** A network by its id; undefined where it has not come, or is too slow here: Python answers then. */
export const networkOf = (id) => kept.get(id);

/** @param {Uint8Array} weights  all of them, in half precision */
export function unpacked({ localisations, pool, classifier }, weights) {
  const values = halves(weights);
  const part = ([from, count]) => values.subarray(from, from + count);
  const chain = (layers) => layers.map((layer) => (layer.weight ? { ...layer, weight: part(layer.weight), bias: part(layer.bias) } : layer));
  return new Network({ localisations: localisations.map(chain), pool, classifier: chain(classifier) });
}

const whenIdle = (work) =>
  window.requestIdleCallback ? requestIdleCallback(work, { timeout: PATIENCE_MILLISECONDS }) : setTimeout(work, 50);
