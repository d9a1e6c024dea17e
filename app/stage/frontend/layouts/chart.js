/** The files of a Plotly chart of the page: a picture by Plotly's own button, and its numbers. */
import { button, element } from "../dom.js";
import { download } from "../output/download.js";
import { csv } from "../output/table.js";

const SCALES = { png: 2, svg: 1 };

export class Chart {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  update(data) {
    const isNew = !this.data;
    this.data = data;
    if (isNew) this.build();
  }

  build() {
    this.words = element("span", { className: "words", ariaLive: "polite" });
    const buttons = element(
      "div", { className: "buttons" },
      button("PNG", () => this.picture("png"), { title: "The chart as a picture" }),
      button("SVG", () => this.picture("svg"), { title: "The chart as lines and text" }),
      button("CSV", () => download(csv(this.data.rows), `${this.data.name}.csv`, "text/csv"), { title: "The numbers of the chart" }),
      this.words
    );
    this.root.replaceChildren(
      element("details", { className: "export" }, element("summary", { textContent: "Export" }), buttons)
    );
  }

  /** Press the button that Plotly has for it. */
  picture(format) {
    const { token, name } = this.data;
    const plot = document.querySelector(`.st-key-${CSS.escape(token)} .js-plotly-plot`);
    const made = plot?.querySelector(".modebar-btn");
    this.words.textContent = made ? "" : "The chart is not drawn yet. Try again in a moment.";
    if (!made) return;
    plot._context.toImageButtonOptions = { format, filename: name, scale: SCALES[format] };
    made.click();
  }

  redraw() {}

  stop() {}
}
