/** The large stage as a widget of a notebook, which anywidget calls. */
import { decode } from "./decode.js";
import { element } from "./dom.js";
import { Large } from "./layouts/large/large.js";
import { THEMES, variablesOf } from "./output/theme.js";

const SHAPE = "--st-base-radius: 0.5rem; --st-button-radius: 0.5rem; --st-font: system-ui, sans-serif;";
const WIDEST = "60rem";
// Files, links and the stage alone on the screen are of a page of the app; a notebook has none.
const INSIDE = ":host { display: contents; } .export, .stage-mode { display: none; }";

/** Whether the notebook is dark: Jupyter and marimo say so, else the browser. */
function isDark() {
  const { dataset, classList } = document.body;
  if (dataset.jpThemeLight) return dataset.jpThemeLight === "false";
  if (classList.contains("dark") || classList.contains("light")) return classList.contains("dark");
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function styleOf(theme) {
  const { background, text, primary } = THEMES[theme];
  const colours = variablesOf(theme).map(([variable, colour]) => `${variable}: ${colour};`).join(" ");
  return `${colours} --st-link-color: ${primary}; background: ${background}; color: ${text}; ${SHAPE}
    display: flex; flex-wrap: wrap; gap: 1.5rem; padding: 0.5rem; max-width: ${WIDEST};`;
}

export default {
  render({ model, el }) {
    const host = element("div");
    host.setAttribute("style", styleOf(isDark() ? "dark" : "light"));
    const stage = element("div", { className: "stage" });
    stage.setAttribute("style", "flex: 3 1 22rem; min-width: 0;");
    const answer = element("div", { className: "answer" });
    answer.setAttribute("style", "flex: 1 1 14rem; font-family: var(--st-font);");
    // Behind a shadow root: the stage's style is not the notebook's, nor the other way round.
    const inside = element("div", {});
    inside.setAttribute("style", "display: contents;");
    inside.attachShadow({ mode: "open" }).append(element("style", { textContent: model.get("style") }), stage, answer);
    host.append(inside);
    inside.shadowRoot.append(element("style", { textContent: INSIDE }));
    el.append(host);
    const layout = new Large(stage, {
      tell: (value) => {
        model.set("report", value);
        model.save_changes();
      },
    });
    const show = () => layout.update(decode(model.get("payload")));
    const say = () => (answer.innerHTML = model.get("answer"));
    show();
    say();
    const resizes = new ResizeObserver(() => layout.redraw());
    resizes.observe(stage);
    model.on("change:payload", show);
    model.on("change:answer", say);
    return () => {
      model.off("change:payload", show);
      model.off("change:answer", say);
      resizes.disconnect();
      layout.stop();
    };
  },
};
