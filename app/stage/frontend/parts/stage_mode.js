/**
 * Stage mode: one stage, its verdict and its playhead alone, fitted to the window, with type in
 * proportion to its height. For projectors, and for frames in slides (`?stage=only`).
 */
import { button, element } from "../dom.js";
import { isOnly, withOnly } from "../output/link.js";

const ON = "stn-only";
const ASIDE = "data-stn-aside"; // another stage of the page
const MAIN = "[data-testid='stMainBlockContainer']";
const ELEMENT = "[data-testid='stElementContainer']";
const VERDICT = ".st-key-verdict";
const STAGES = "[data-testid^='stBidi']";
const LEAST_PIXELS = 320; // that the stage is wide
const TOLERANCE_PIXELS = 6;
const SETTLE_MILLISECONDS = 300; // until a page that has changed stands still
// Captions have 0.9 rem: 2.5 % of the window's height.
const STYLE = `
html.${ON} { font-size: max(100%, 2.8vh) !important; --stn-choices: none; --stn-numbers: none;
  --stn-equation: none; --stn-note: none; --stn-rest: none; --stn-track: none; --stn-panes: none; --stn-photo: 100vh; }
html.${ON} :is([data-testid='stHeader'], [data-testid='stPopover'], [data-testid='stExpander'],
  .st-key-footer, .st-key-paper, .st-key-tour, .st-key-choosing, .st-key-predict) { display: none !important; }
html.${ON} [data-testid='stMain'] ${ELEMENT}:not(:has(${STAGES})):not(${VERDICT} ${ELEMENT}) { display: none; }
html.${ON} [data-testid='stMain'] [data-testid='stColumn']:not(:has(${STAGES}, ${VERDICT})) { display: none; }
html.${ON} [${ASIDE}] { display: none !important; }
html.${ON} ${MAIN} { padding: 1vh 1vw !important; margin: auto; }
html.${ON} ${MAIN} [data-testid='stVerticalBlock'] { gap: 0.4rem; }
html.${ON} [data-testid='stColumn'] { min-width: 0; flex-shrink: 1; }
.stn-leave { display: none; }
html.${ON} .stn-leave { display: block; position: fixed; top: 0.5vh; right: 0.5vw; z-index: 100; min-width: 40px;
  min-height: 40px; border: 0; border-radius: 0.4rem; background: none; color: inherit; font-size: 1.2rem; opacity: 0.6; cursor: pointer; }
html.${ON} .stn-leave:is(:hover, :focus-visible) { opacity: 1; background: #8884; }
`;

/** Whether it is on. */
export const isStageMode = () => document.documentElement.classList.contains(ON);

/** The button that every stage has for it: four corners, drawn, since few fonts have the sign. */
export const stageModeButton = () =>
  button("", toggleStageMode, {
    title: "Stage mode (F): only the figure, filling the window",
    ariaLabel: "Stage mode",
    className: "stage-mode",
    innerHTML: `<svg viewBox="0 0 16 16" width="0.9em" height="0.9em" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>`,
  });

/** On, or off again; the address keeps it. */
export function toggleStageMode() {
  history.replaceState(history.state, "", withOnly(!isStageMode()));
  apply();
}

/** @type {(() => {root: HTMLElement}|undefined)|null} */
let mainStage = null;
let settling;

/**
 * For as long as the app is open.
 * @param {() => {root: HTMLElement}|undefined} main  gives the stage that is shown
 */
export function keepStageMode(main) {
  mainStage = main;
  const leave = button("×", toggleStageMode, { className: "stn-leave", title: "Leave stage mode (F)", ariaLabel: "Leave stage mode" });
  document.body.append(element("style", { textContent: STYLE }), leave);
  window.addEventListener("resize", settle);
  window.addEventListener("popstate", apply);
}

/** Whether this page has it: a page that was exported has none. */
export const isStageModeKept = () => mainStage !== null;

/** What is on the page has changed. */
export function settle() {
  if (!isStageModeKept()) return;
  clearTimeout(settling);
  settling = setTimeout(apply, SETTLE_MILLISECONDS);
}

function apply() {
  const on = isOnly();
  document.documentElement.classList.toggle(ON, on);
  const container = document.querySelector(MAIN);
  if (!container) return;
  container.style.maxWidth = "";
  for (const verdict of document.querySelectorAll(VERDICT)) verdict.style.zoom = "";
  const shown = on && elementOf(mainStage()?.root);
  for (const stage of document.querySelectorAll(STAGES)) {
    const own = stage.closest(ELEMENT);
    own?.toggleAttribute(ASIDE, Boolean(shown) && own !== shown && !own.closest(VERDICT));
  }
  if (on) fit(container);
}

/** Where Streamlit has put a stage, whose root is in a shadow tree. */
function elementOf(root) {
  const host = root?.getRootNode().host ?? root;
  return host?.closest(ELEMENT) ?? null;
}

/** The stage as wide as it can be without being higher than the window, the verdict no higher. */
function fit(container) {
  let [fits, tooWide] = [LEAST_PIXELS, window.innerWidth];
  const isFit = (pixels) => {
    container.style.maxWidth = `${pixels}px`;
    const boxes = [...container.querySelectorAll(`${STAGES}:not(${VERDICT} *)`)].map((node) => node.getBoundingClientRect());
    return boxes.every(({ height, bottom }) => height === 0 || bottom <= window.innerHeight);
  };
  if (!isFit(tooWide)) {
    while (tooWide - fits > TOLERANCE_PIXELS) {
      const middle = (fits + tooWide) / 2;
      if (isFit(middle)) fits = middle;
      else tooWide = middle;
    }
    isFit(fits);
  }
  for (const verdict of container.querySelectorAll(VERDICT)) {
    const { top, bottom, height } = verdict.getBoundingClientRect();
    if (bottom > window.innerHeight && top < window.innerHeight) verdict.style.zoom = (window.innerHeight - top) / height;
  }
}
