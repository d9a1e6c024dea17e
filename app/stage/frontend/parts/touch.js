/**
 * Fingers: a swipe up or down scrolls the page wherever it begins, and sets nothing. The style sheet
 * leaves it to the browser (touch-action: pan-y), which cancels the pointer as soon as it scrolls.
 */

const SLOP_PIXELS = 8; // up to which a finger rests

/**
 * Call for every point of a drag on an element: of a mouse from its press on, of a finger once it
 * has moved on without scrolling, or at a tap.
 * @param {HTMLElement} element  @param {(event: PointerEvent) => void} onPoint
 */
export function onDrag(element, onPoint) {
  let from = null; // where a finger is that has not decided yet
  element.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") from = [event.clientX, event.clientY];
    else onPoint(event);
  };
  element.onpointermove = (event) => {
    if (!element.hasPointerCapture(event.pointerId) || (from && mayScroll(event, from))) return;
    from = null;
    onPoint(event);
  };
  element.onpointerup = (event) => {
    if (from && rests(event, from)) onPoint(event);
    from = null;
  };
  element.onpointercancel = () => (from = null);
}

const wayOf = (event, [x, y]) => [Math.abs(event.clientX - x), Math.abs(event.clientY - y)];
const rests = (event, from) => Math.hypot(...wayOf(event, from)) < SLOP_PIXELS;

/** Whether a finger that came down there rests, or goes up or down, which is the browser's. */
export function mayScroll(event, from) {
  const [across, along] = wayOf(event, from);
  return event.pointerType === "touch" && (rests(event, from) || along > across);
}

const around = (selector) => (event) => {
  const [target] = event.composedPath();
  return target instanceof Element ? target.closest(selector) : null;
};
const [rangeOf, chartOf] = ["input[type=range]", ".js-plotly-plot"].map(around);
const streamlitSliderOf = around("[data-testid=stSlider] [role=group]");

const on = (kind, does) => document.addEventListener(kind, does, { capture: true, passive: true });

/** A slider that a finger is on: it is set by a drag along it or by a tap, not by a swipe across. */
function holdSliders() {
  let held = null; // {range, value, from} until it is decided
  const decide = () => {
    const range = held?.range;
    held = null;
    range?.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  };
  on("pointerdown", (event) => {
    const range = event.pointerType === "touch" && rangeOf(event);
    held = range ? { range, value: range.value, from: [event.clientX, event.clientY] } : null;
  });
  const undo = () => {
    if (held) held.range.value = held.value;
    held = null;
  };
  on("pointermove", (event) => held && !mayScroll(event, held.from) && decide());
  on("pointerup", (event) => held && setTimeout(rests(event, held.from) ? decide : undo)); // after the tap has set it
  on("pointercancel", undo);
  on("input", (event) => held && rangeOf(event) === held.range && event.isTrusted && event.stopPropagation());
}

/** Streamlit's own slider is set by every press: it has that of a finger when it is a tap or a drag. */
function holdStreamlitSliders() {
  let held = null; // {press, target, from} until it is decided
  const give = ({ press, target }) => {
    held = null;
    target.dispatchEvent(new PointerEvent(press.type, press));
  };
  on("pointerdown", (press) => {
    if (!press.isTrusted || press.pointerType !== "touch" || !streamlitSliderOf(press)) return;
    press.stopPropagation();
    held = { press, target: press.composedPath()[0], from: [press.clientX, press.clientY] };
  });
  on("pointermove", (event) => held && !mayScroll(event, held.from) && give(held));
  on("pointerup", (event) => {
    if (held && rests(event, held.from)) give(held);
    held = null;
  });
  on("pointercancel", () => (held = null));
}

/**
 * Plotly takes every touch for a drag; without touches it has the taps, as clicks of a mouse.
 * Streamlit's sliders have pointers as well.
 */
function keepTouches() {
  for (const kind of ["touchstart", "touchmove", "touchend"]) {
    on(kind, (event) => (chartOf(event) || streamlitSliderOf(event)) && event.stopPropagation());
  }
}

/** For as long as the app is open. */
export function letFingersScroll() {
  holdSliders();
  holdStreamlitSliders();
  keepTouches();
}
