/** Of what a stage shows: pictures, animations, numbers, and a link that brings it back. */
import { button, element } from "../dom.js";
import { mountedLayouts } from "../parts/keys.js";
import { download } from "./download.js";
import { frameCount, gif, webm } from "./film.js";
import { address } from "./link.js";
import { pageParts } from "./page_file.js";
import { draw } from "./picture.js";
import { canPin, pinThis } from "./pinning.js";
import { svg } from "./svg.js";
import { csv } from "./table.js";
import { shownTheme } from "./theme.js";

const MAX_PICTURE_PIXELS = 4096; // of the longer side
const TITLES = {
  PNG: "The figure as a picture, at twice its size",
  SVG: "The figure as lines and text",
  GIF: "The animation that the playhead plays",
  WebM: "The animation that the playhead plays, as VP9",
  JSON: "The numbers of the CSV file, with the curves",
  "CSV of the curves": "The values logged in training",
};
const THEMES = { "": "As shown", light: "Light", dark: "Dark" };

/** The buttons of a layout's files, folded away. @param {import("../layouts/layouts.js").Layout} layout */
export function exporter(layout) {
  const words = element("span", { className: "words", ariaLive: "polite" });
  const recorder = new Recorder(layout, words);
  const themes = themeList();
  const titles = { ...TITLES, CSV: layout.rowsAre };
  const buttons = Object.entries(filesOf(layout, recorder, () => themes.value || shownTheme(layout.root))).map(([text, onclick]) =>
    button(text, onclick, { title: titles[text] })
  );
  const page = pageParts(layout, words);
  const pin = button("Pin this", pinThis, { title: "Keeps this view in the lecture playlist" });
  const nodes = [themes, ...buttons, ...(page ? [page.ask] : []), ...linkNodes(words), pin, recorder.progress, recorder.cancel, words];
  const look = () => {
    pin.hidden = !canPin();
    page?.measure();
  };
  return element(
    "details", { className: "export", ontoggle: look },
    element("summary", { textContent: "Export" }),
    element("div", { className: "buttons" }, ...nodes),
    ...(page ? [page.note] : [])
  );
}

/** Whether pictures are light or dark. */
function themeList() {
  const options = Object.entries(THEMES).map(([value, textContent]) => element("option", { value, textContent }));
  return element("select", { title: "Colours of the pictures", ariaLabel: "Colours of the pictures" }, ...options);
}

/** What can be taken away, as functions that make it. @param {() => "light"|"dark"} theme */
function filesOf(layout, recorder, theme) {
  const kind = () => (layout.data.layout === "large" ? "stage" : layout.data.layout);
  const name = (ending) => `${layout.data.called || kind()}.${ending}`; // of a run, as it is called
  const page = () => ({ page: window.location.href, shown: layout.data.token });
  const json = () => JSON.stringify({ ...page(), rows: layout.rows(), curves: layout.curveRows?.() }, null, 1);
  const film = (encode, ending) =>
    recorder.run(async (count, show) => download(await encode(layout, count, show, theme()), name(ending)));
  const files = {
    PNG: () => draw(layout, MAX_PICTURE_PIXELS, theme()).toBlob((blob) => download(blob, name("png"))),
    SVG: async () => download(await svg(layout, theme()), name("svg"), "image/svg+xml"),
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
    if (!progress.hidden) return; // one film at a time
    const { transport } = layout;
    const { head, track } = transport;
    if (!track || transport.node.classList.contains("still")) {
      words.textContent = "This figure has no playhead, so there is nothing to film. Export a PNG or an SVG.";
      return;
    }
    const held = transport.scrub.classList.contains("off") && layout.state?.(); // by a hand, off the track
    head.pause();
    transport.marks();
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
      if (held && layout.transport === transport) putBack(layout, held);
    }
  }
}

/** A layout as a hand had it, off the track. */
function putBack(layout, held) {
  if (!held.descent) layout.release(); // else its steps would be lost
  layout.restore(held);
  layout.transport.leave();
}

/** A button that copies the page's link, and a field for browsers that do not let it. */
function linkNodes(words) {
  const field = element("input", { type: "text", readOnly: true, hidden: true, ariaLabel: "Link to this view" });
  const copy = async () => {
    field.value = address(mountedLayouts());
    try {
      await navigator.clipboard.writeText(field.value);
      words.textContent = "Copied.";
    } catch {
      field.hidden = false; // a browser gives the clipboard to secure pages alone
      field.select();
      words.textContent = "Copy the link from the field.";
    }
  };
  const title = "A link that brings back this view: page, θ and playhead";
  return [button("Copy link", copy, { title }), field];
}
