/** Of what a stage shows: pictures, animations, numbers, and a link that brings it back. */
import { button, element } from "../dom.js";
import { mountedLayouts } from "../parts/keys.js";
import { frameCount, gif, webm } from "./film.js";
import { address } from "./link.js";
import { draw, svg } from "./picture.js";

const MAX_PICTURE_PIXELS = 4096; // of the longer side
const TITLES = { CSV: "Parameters θ and the network's output", JSON: "The same, with the curves", GIF: "The animation that the playhead plays", WebM: "The animation that the playhead plays, as VP9" };

/** Give a file to the visitor. */
function download(content, name, type) {
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

/** The buttons of a layout's files, folded away. @param {import("../layouts/layouts.js").Layout} layout */
export function exporter(layout) {
  const words = element("span", { className: "words", ariaLive: "polite" });
  const recorder = new Recorder(layout, words);
  const buttons = Object.entries(filesOf(layout, recorder)).map(([text, onclick]) => button(text, onclick, { title: TITLES[text] ?? text }));
  const nodes = [...buttons, ...linkNodes(words), recorder.progress, recorder.cancel, words];
  return element(
    "details", { className: "export" },
    element("summary", { textContent: "Export" }),
    element("div", { className: "buttons" }, ...nodes)
  );
}

/** What can be taken away, as functions that make it. */
function filesOf(layout, recorder) {
  const { root } = layout;
  const kind = () => (layout.data.layout === "large" ? "stage" : layout.data.layout);
  const name = (ending) => `${layout.data.called || kind()}.${ending}`; // of a run, as it is called
  const page = () => ({ page: window.location.href, shown: layout.data.token });
  const json = () => JSON.stringify({ ...page(), rows: layout.rows(), curves: layout.curveRows?.() }, null, 1);
  const film = (encode, ending) =>
    recorder.run(async (count, show) => download(await encode(root, count, show), name(ending)));
  const files = {
    PNG: () => draw(root, MAX_PICTURE_PIXELS).toBlob((blob) => download(blob, name("png"))),
    SVG: () => download(svg(root), name("svg"), "image/svg+xml"),
    GIF: () => film(gif, "gif"),
    WebM: () => film(webm, "webm"),
    CSV: () => download(csv(layout.rows()), name("csv"), "text/csv"),
    JSON: () => download(json(), name("json"), "application/json"),
  };
  if (layout.curveRows) files["CSV of the curves"] = () => download(csv(layout.curveRows()), name("curves.csv"), "text/csv");
  return files;
}

/** Plays a layout's track for a film, and can be cancelled. */
class Recorder {
  constructor(layout, words) {
    Object.assign(this, { layout, words, cancelled: false });
    this.progress = element("progress", { max: 1, value: 0, hidden: true });
    this.cancel = button("Cancel", () => (this.cancelled = true), { hidden: true });
  }

  /** @param {(count: number, show: (frame: number) => Promise<void>) => Promise<void>} record */
  async run(record) {
    const { layout, words, progress, cancel } = this;
    const { transport } = layout;
    const { head, track } = transport;
    if (!track || transport.node.classList.contains("still")) {
      words.textContent = "This figure has no playhead, so there is nothing to film. Export a PNG or an SVG.";
      return;
    }
    head.pause();
    const before = head.position;
    const count = frameCount(track, head.rate);
    this.cancelled = false;
    progress.hidden = cancel.hidden = false;
    words.textContent = "";
    try {
      await record(count, async (frame) => {
        transport.present((frame / (count - 1)) * head.last);
        progress.value = (frame + 1) / count;
        await new Promise((done) => setTimeout(done)); // so that the page stays alive, and Cancel is heard
        if (this.cancelled) throw new Error("cancelled");
      });
    } catch (error) {
      words.textContent = error.message === "cancelled" ? "Cancelled." : `Export failed: ${error.message}.`;
    } finally {
      progress.hidden = cancel.hidden = true;
      transport.present(before);
    }
  }
}

/** A button that copies the page's link, and a field for browsers that do not let it. */
function linkNodes(words) {
  const field = element("input", { type: "text", readOnly: true, hidden: true, ariaLabel: "Link to this view" });
  const copy = async () => {
    field.value = address(mountedLayouts());
    try {
      await navigator.clipboard.writeText(field.value);
      words.textContent = "Link copied.";
    } catch {
      field.hidden = false; // a browser gives the clipboard to secure pages alone
      field.select();
      words.textContent = "Copy the link from the field.";
    }
  };
  const title = "A link that brings back this view: page, θ and playhead";
  return [button("Copy link", copy, { title }), field];
}
