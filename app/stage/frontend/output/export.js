/** Of what a stage shows: pictures, animations, numbers, and a link that brings it back. */
import { address } from "./link.js";
import { stagesThere } from "../parts/keys.js";
import { element } from "../parts/pair.js";
import { draw, svg } from "./picture.js";
import { GIFEncoder, applyPalette, quantize } from "../vendor/gifenc.js";

const PICTURE_PIXELS = 4096; // of the longer side at most
const FILM_PIXELS = 960;
const FRAMES_A_SECOND = 15;
const [SHORTEST, LONGEST] = [1.5, 10]; // seconds of a film
const WEBM = "video/webm;codecs=vp9";
const REST_MILLISECONDS = 800; // that a GIF stays on its last frame

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Give a file to the visitor. */
function give(content, name, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Rows of like or unlike fields as CSV. */
function csv(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value) => (/[",\n]/.test(String(value ?? "")) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

/** @param {{root: HTMLElement, transport: object, rows: () => object[], curves?: () => object[]}} stage */
export function exporter(stage) {
  const progress = element("progress", { max: 1, value: 0, hidden: true });
  const words = element("span", { className: "words" });
  words.setAttribute("aria-live", "polite");
  let cancelled = false;
  const stop = element("button", { type: "button", textContent: "Cancel", hidden: true, onclick: () => (cancelled = true) });
  const name = (ending) => `${stage.data.layout === "large" ? "stage" : stage.data.layout}.${ending}`;
  const page = () => ({ page: window.location.href, shown: stage.data.token });
  const film = async (record) => {
    const { head, track } = stage.transport;
    if (!track || stage.transport.node.classList.contains("still")) {
      words.textContent = "Nothing is to be played here: there is no playhead. Take a picture.";
      return;
    }
    head.pause();
    const before = head.position;
    const seconds = Math.min(LONGEST, Math.max(SHORTEST, (track.count - 1) / track.perSecond / head.rate));
    const count = Math.round(seconds * FRAMES_A_SECOND) + 1;
    cancelled = false;
    progress.hidden = stop.hidden = false;
    words.textContent = "";
    try {
      await record(count, async (i) => {
        stage.transport.present((i / (count - 1)) * head.last);
        progress.value = (i + 1) / count;
        await wait(0); // so that the page stays alive, and Cancel is heard
        if (cancelled) throw new Error("cancelled");
      });
    } catch (error) {
      words.textContent = error.message === "cancelled" ? "Cancelled." : `Not made: ${error.message}.`;
    } finally {
      progress.hidden = stop.hidden = true;
      stage.transport.present(before);
    }
  };
  const ways = {
    PNG: () => draw(stage.root, PICTURE_PIXELS).toBlob((blob) => give(blob, name("png"))),
    SVG: () => give(svg(stage.root), name("svg"), "image/svg+xml"),
    GIF: () => film((count, show) => gif(stage.root, count, show).then((bytes) => give(bytes, name("gif"), "image/gif"))),
    WebM: () => film((count, show) => webm(stage.root, count, show).then((blob) => give(blob, name("webm")))),
    CSV: () => give(csv(stage.rows()), name("csv"), "text/csv"),
    JSON: () => give(JSON.stringify({ ...page(), rows: stage.rows(), curves: stage.curveRows?.() }, null, 1), name("json"), "application/json"),
  };
  if (stage.curveRows) ways["CSV of the curves"] = () => give(csv(stage.curveRows()), name("curves.csv"), "text/csv");
  const titles = { CSV: "θ, and what the network says", JSON: "The same, and the curves", GIF: "What the playhead plays", WebM: "What the playhead plays, as VP9" };
  const buttons = Object.entries(ways).map(([text, onclick]) =>
    element("button", { type: "button", textContent: text, title: titles[text] ?? text, onclick })
  );
  const field = element("input", { type: "text", readOnly: true, hidden: true });
  field.setAttribute("aria-label", "A link to what is shown");
  const copy = element("button", {
    type: "button",
    textContent: "Copy link",
    title: "An address that brings back what is shown: the page, θ, the playhead",
    onclick: async () => {
      field.value = address(stagesThere());
      try {
        await navigator.clipboard.writeText(field.value);
        words.textContent = "Copied.";
      } catch {
        field.hidden = false; // a browser gives the clipboard to secure pages alone
        field.select();
        words.textContent = "Copy it from the field.";
      }
    },
  });
  return element(
    "details", { className: "export" },
    element("summary", { textContent: "Export" }),
    element("div", { className: "buttons" }, ...buttons, copy, field, progress, stop, words)
  );
}

/** Frames as a GIF, each with colours of its own. */
async function gif(root, count, show) {
  const encoder = GIFEncoder();
  let canvas;
  for (let i = 0; i < count; i++) {
    await show(i);
    canvas = draw(root, FILM_PIXELS, canvas);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const palette = quantize(data, 256);
    const delay = i === count - 1 ? REST_MILLISECONDS : 1000 / FRAMES_A_SECOND;
    encoder.writeFrame(applyPalette(data, palette), canvas.width, canvas.height, { palette, delay });
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}

/** Frames as WebM, as long as they are to last. */
async function webm(root, count, show) {
  if (!window.MediaRecorder?.isTypeSupported(WEBM)) throw new Error("this browser records no VP9; take the GIF");
  await show(0);
  const canvas = draw(root, FILM_PIXELS);
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks();
  const recorder = new MediaRecorder(stream, { mimeType: WEBM, videoBitsPerSecond: 6_000_000 });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const ended = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  const begun = performance.now();
  try {
    for (let i = 0; i < count; i++) {
      await show(i);
      draw(root, FILM_PIXELS, canvas);
      track.requestFrame();
      await wait(Math.max(0, begun + ((i + 1) * 1000) / FRAMES_A_SECOND - performance.now()));
    }
  } finally {
    recorder.stop();
    await ended;
  }
  return new Blob(pieces, { type: WEBM });
}
