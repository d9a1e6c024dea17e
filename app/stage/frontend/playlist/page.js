/**
 * The playlist as one HTML file that works offline. Each pin is gone to, and its figure taken as its
 * *Export* gives it, one file each; those files differ in what they show, and become one. A pin
 * without such a figure becomes a title, its note and a link to the app.
 */
import { address } from "../output/link.js";
import { pageOf } from "../output/page_file.js";
import { mountedLayouts } from "../parts/keys.js";
import { goTo } from "./arrival.js";
import { addressOf } from "./pins.js";

const TITLE = "Lecture playlist";
const REST_MILLISECONDS = 700; // without a run of the page: what a figure has told is answered
const REST_PATIENCE = 30; // times as long
const LOOK_MILLISECONDS = 3000; // for a figure to be there
const TURNS = 3; // an answer is lost where another run cuts its own short
const TURN_MILLISECONDS = 10_000;
const CONTENT = `<script type="application/json" id="content">`;
const NETWORK = `<script type="application/octet-stream">`;
const END = "</script>";
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Go to every pin, and back. files: the page of each, null of one that is none.
 * @param {import("./pins.js").Pin[]} pins  @param {(done: number) => boolean} tell  false to give up
 * @returns {Promise<(string|null)[]|null>}
 */
export async function collected(pins, tell) {
  const before = address(mountedLayouts());
  const files = [];
  for (const pin of pins) {
    if (!tell(files.length)) break;
    const seen = new Set(mountedLayouts());
    await goTo(addressOf(pin));
    await rest();
    files.push(await fileOf(seen));
    await rest(); // a run for the page that is left would lead back to it
  }
  await goTo(before);
  return files.length === pins.length ? files : null;
}

/** Until the page runs no more. */
async function rest() {
  const isRunning = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning";
  for (let turn = 0, still = 0; still < 2 && turn < REST_PATIENCE; turn++) {
    await wait(REST_MILLISECONDS / 2);
    still = isRunning() ? 0 : still + 1;
  }
}

/** The page of the first figure that is none of these, or null. @param {Set<object>} seen  layouts of before */
async function fileOf(seen) {
  const found = () => mountedLayouts().find((layout) => !seen.has(layout) && layout.data?.page);
  for (let waited = 0; !found() && waited < LOOK_MILLISECONDS; waited += 100) await wait(100);
  for (let turn = 0; turn < TURNS && found(); turn++) {
    const file = await Promise.race([pageOf(found()), wait(TURN_MILLISECONDS)]);
    if (file) return file;
  }
  return null;
}

/** These files as one. @param {(string|null)[]} files  as `collected` gives them, one at least a page */
export function joined(pins, files) {
  const frame = files.find(Boolean);
  const contents = files.map((file) => file && JSON.parse(between(file, CONTENT)));
  const first = contents.find(Boolean);
  const stages = pins.map((pin, i) => {
    const { title, note } = pin;
    if (!contents[i]) return { title, note, source: "", parts: [], states: {}, theme: first.stages[0].theme, link: addressOf(pin) };
    const [stage] = contents[i].stages;
    return { ...stage, title, note: note || stage.note };
  });
  const networks = [...new Set(files.filter(Boolean).flatMap((file) => file.split(NETWORK).slice(1).map((rest) => NETWORK + rest.slice(0, rest.indexOf(END)) + END)))];
  const content = JSON.stringify({ ...first, stages }).replace(/<(?=\/script|!--|script)/gi, "\\u003c");
  const [head] = frame.split(/<script type="application\/(?:octet-stream|json)"/);
  const rest = frame.slice(frame.indexOf(CONTENT));
  const tail = rest.slice(rest.indexOf(END));
  return `${head.replace(/<title>.*?<\/title>/s, `<title>${TITLE}</title>`)}${networks.join("\n")}\n${CONTENT}${content}${tail}`;
}

const between = (text, begin) => {
  const rest = text.slice(text.indexOf(begin) + begin.length);
  return rest.slice(0, rest.indexOf(END));
};
