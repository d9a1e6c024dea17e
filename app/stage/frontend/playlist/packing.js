/**
 * A playlist as one link, and as a file: `1.` and the pins as JSON, deflated, in letters that a URL
 * takes; and JSON that can be read. The link has it after its `#`: no server is sent it.
 */
import { packed, unpacked } from "../output/link.js";
import { MAX_PINS, addressOf, checkedPin, lookOf } from "./pins.js";

export const MAX_LINK_CHARS = 6000; // what mail and chat programs leave whole
export const HASH = "#playlist=";
const VERSION = 1;
const FORMAT = "stn-playlist";
const MAX_BYTES = 2_000_000; // of a list that is read
const STATE = "stage"; // the field that is packed by itself: as it is, it would deflate badly

/**
 * A list that was read. faults: of each pin that could not be, in words; look: how its pages are to
 * be presented, as fields of an address.
 * @typedef {{pins: import("./pins.js").Pin[], faults: string[], look: Object<string, string>}} Read
 */

/** The link that opens a list, at its first pin's page. @param {import("./pins.js").Pin[]} pins */
export async function linkOf(pins) {
  const [first] = pins;
  const { [STATE]: _, ...fields } = first.fields;
  return addressOf({ ...first, fields }) + HASH + (await packedList(pins));
}

/** The text after a link's `#playlist=`. */
export async function packedList(pins) {
  const list = pins.map(({ title, note, page, fields }) => [title, note, page, opened(fields)]);
  return `${VERSION}.${toText(await deflated(JSON.stringify(list)))}`;
}

/** The list in such a text. Throws an Error in words. @returns {Promise<Read>} */
export async function readLink(text, pages) {
  const [, version, content] = /^(\d{1,4})\.([\w-]*)$/.exec(text) ?? [];
  if (!version) throw new Error("The link has no playlist that can be read: a part of it is missing. Copy the whole link, or load the list from a file.");
  refuseOthers(Number(version), "link");
  let list;
  try {
    list = JSON.parse(await inflated(fromText(content)));
  } catch {
    throw new Error("The playlist in the link cannot be read: the link is cut off, or was changed on its way. Copy the whole link, or load the list from a file.");
  }
  const given = Array.isArray(list) && list.map((one) => (Array.isArray(one) ? { title: one[0], note: one[1], page: one[2], fields: closed(one[3]) } : null));
  return { ...checked(given, pages, "link"), look: {} };
}

/** A list as the text of a file. */
export function fileOf(pins) {
  const kept = pins.map(({ title, note, page, fields }) => ({ title, note, page, fields }));
  return JSON.stringify({ format: FORMAT, version: VERSION, presentation: lookOf(), pins: kept }, null, 1);
}

/** The list in a file's text. Throws an Error in words. @returns {Read} */
export function readFile(text, pages) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error("The file cannot be read: it is no JSON, or it is cut off. Choose a file that “Save as file” gave.");
  }
  if (given?.format !== FORMAT) throw new Error("The file is no playlist of this app. Choose a file that “Save as file” gave.");
  refuseOthers(given.version, "file");
  const { presentation } = given;
  const look = Object.entries(presentation && typeof presentation === "object" ? presentation : {});
  const known = lookOf(`http://localhost/?${new URLSearchParams(look.map(([name, value]) => [name, String(value)]))}`);
  return { ...checked(given.pins, pages, "file"), look: known };
}

function refuseOthers(version, where) {
  if (version === VERSION) return;
  const given = Number.isInteger(version) ? `in version ${version}` : "in no version";
  throw new Error(`The ${where} has a playlist ${given} of the format, and this app reads version ${VERSION}. Make the ${where} anew with this version of the app.`);
}

/** The pins that are good, and what is wrong with the others. */
function checked(given, pages, where) {
  if (!Array.isArray(given) || !given.length) throw new Error(`The playlist in the ${where} has no pins.`);
  if (given.length > MAX_PINS) throw new Error(`The playlist in the ${where} has ${given.length} pins; ${MAX_PINS} are the most.`);
  const [pins, faults] = [[], []];
  given.forEach((one, i) => {
    try {
      pins.push(checkedPin(one, i + 1, pages));
    } catch (error) {
      faults.push(error.message);
    }
  });
  return { pins, faults };
}

/** A page's fields with its state as the JSON that it is, where that comes back the same. */
function opened(fields) {
  if (!(STATE in fields)) return fields;
  const [state, ...before] = fields[STATE].split(".").reverse();
  try {
    const value = unpacked(state);
    if (packed(value) !== state) return fields;
    return { ...fields, [STATE]: [before.join("."), value] };
  } catch {
    return fields; // stage mode, without a state
  }
}

function closed(fields) {
  const state = fields?.[STATE];
  if (!Array.isArray(state)) return fields;
  return { ...fields, [STATE]: [state[0], packed(state[1])].filter(Boolean).join(".") };
}

async function deflated(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The text; throws at bytes that are none, and at too many. */
async function inflated(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, size] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MAX_BYTES) throw new Error("too large");
    text += decoder.decode(value, { stream: true });
  }
}

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromText = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
