/**
 * Keys for a lecture: of the first stage in sight that has a playhead, and of the first row of
 * presets or digits, while nothing else takes them.
 */
import { button, element } from "../dom.js";
import { isPresenting } from "../playlist/presenting.js";
import { isStageModeKept, settle, toggleStageMode } from "./stage_mode.js";

const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=application]";
const MOVED_BY_ARROWS = "input:not([type=checkbox]), [role=slider], [role=radio], [role=tab]";
const PRESSED = "button:not(.handle, .window, .cover), a, summary, input:not([type=range]), [role=button], [role=radio]";
const RELEASED = "button:not(.handle, .window, .cover), summary, input[type=range], input[type=checkbox], input[type=radio]";
const OVERLAY = "dialog, [role=dialog], [data-testid=stPopoverBody]";
const PRESETS = ".st-key-preset button";
const CELLS = "button.digit, .strip button.cell";
const HANDLES = ".handle";
const WINDOWS = ".window";
const PAGES = { PageDown: 1, PageUp: -1, ArrowRight: 1, ArrowLeft: -1 }; // of a story; a clicker has the first two

/** @type {Set<{layout: import("../layouts/layouts.js").Layout, root: HTMLElement}>} */
const mounted = new Set();

/** The layouts of all stages of the page. */
export const mountedLayouts = () => [...mounted].map(({ layout }) => layout);

/** Take part until the function that this gives is called. */
export function listen(layout, root) {
  const part = { layout, root };
  if (mounted.size === 0) {
    document.addEventListener("keydown", press);
    document.addEventListener("click", giveBack);
  }
  mounted.add(part);
  settle();
  return () => {
    mounted.delete(part);
    if (mounted.size > 0) return;
    document.removeEventListener("keydown", press);
    document.removeEventListener("click", giveBack);
  };
}

/** The stages from above to below: those in sight, and then the others. */
function stages() {
  const placed = [...mounted]
    .map((part) => ({ ...part, box: part.root.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0)
    .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left);
  const isSeen = ({ box }) => box.bottom > 0 && box.top < window.innerHeight;
  return [...placed.filter(isSeen), ...placed.filter((part) => !isSeen(part))];
}

/** The stage that is shown alone in stage mode. */
export const mainStage = () => stages().find(({ layout }) => layout.transport) ?? stages()[0];

const hasStageMode = () => isStageModeKept() && stages().some(({ layout }) => layout.transport);

const played = () => stages().find(({ layout }) => layout.transport?.track)?.layout;

const story = () => stages().find(({ layout }) => layout.turnPage)?.layout;

const game = () => stages().find(({ layout }) => layout.takeNext)?.layout;

const within = (selector) => stages().map(({ root }) => [...root.querySelectorAll(selector)]).find((nodes) => nodes.length) ?? [];

/** After a click the keys are the stage's again, not those of what was clicked. */
function giveBack(event) {
  if (event.detail === 0) return; // by a key
  const [target] = event.composedPath();
  if (!(target instanceof Element) || target.closest(OVERLAY)) return;
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (active?.matches(RELEASED)) active.blur();
}

function press(event) {
  const [target] = event.composedPath();
  const on = (what) => target instanceof Element && target.closest(what);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || on(TYPED) || on(OVERLAY)) return;
  const { key } = event;
  if (key === "?") help();
  else if ((key === "f" || key === "F") && hasStageMode()) toggleStageMode();
  else if (/^[0-9]$/.test(key)) choose(Number(key));
  else if (key in PAGES && !on(MOVED_BY_ARROWS) && story()) {
    if (!story().turnPage(PAGES[key])) return; // after its last step the page scrolls on
  } else if (key === "Enter") {
    if (event.repeat || on(PRESSED) || !game()?.takeNext()) return;
  } else {
    const layout = played();
    if (!layout) return;
    const { transport } = layout;
    if (key === " " && !on(PRESSED)) transport.play.click();
    else if ((key === "ArrowLeft" || key === "ArrowRight") && !on(MOVED_BY_ARROWS)) {
      const step = (key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 10 : 1);
      for (let i = 0; i < Math.abs(step); i++) transport.head.step(Math.sign(step));
    } else if (key === "r" || key === "R") layout.release ? layout.release() : transport.head.seek(0);
    else return;
  }
  event.preventDefault();
}

/** The n-th preset of the page; or, of what a stage has to choose from, what is called n, else the n-th. */
function choose(n) {
  const presets = document.querySelectorAll(PRESETS);
  if (presets.length) return presets[n - 1]?.click();
  const cells = within(CELLS);
  (cells.find(({ dataset }) => dataset.digit === String(n)) ?? cells[n - 1])?.click();
}

/** The keys that do something on this page now, and what. */
function working() {
  const keys = [];
  if (isPresenting()) keys.push(["Page Down", "next pin of the playlist; Page Up goes back"], ["Escape", "stop presenting"]);
  if (story() && isPresenting()) keys.push(["→", "next step of the story; ← goes back"]);
  else if (story()) keys.push(["Page Down, →", "next step of the story; Page Up and ← go back"]);
  if (game()) keys.push(["Enter", "start the game; next digit"]);
  if (played()) keys.push(["Space", "play or pause"]);
  if (played() && !story()) keys.push(["← →", "one step back or forward; ten with Shift"]);
  if (played()) keys.push(["R", "reset"]);
  if (document.querySelector(PRESETS)) keys.push(["1 … 9", "choose a preset"]);
  else if (within(CELLS).length) keys.push(["0 … 9", "choose a digit or an image of the row"]);
  if (within(HANDLES).length) keys.push(["Tab", "go to the handles; arrow keys, + − and [ ] move, scale and turn"]);
  if (within(WINDOWS).length) keys.push(["Tab", "go to the windows; arrow keys move them"]);
  if (hasStageMode()) keys.push(["F", "stage mode: only the figure, filling the window"]);
  return [...keys, ["?", "show this list"]];
}

function help() {
  const rows = working().map(([key, words]) =>
    element("tr", {}, element("td", {}, element("kbd", { textContent: key })), element("td", { textContent: words }))
  );
  const close = button("Close", () => dialog.close());
  const dialog = element("dialog", { className: "stn-keys" }, element("h2", { textContent: "Keys" }), element("table", {}, ...rows), close);
  dialog.onclose = () => dialog.remove();
  document.querySelector(".stn-keys")?.remove();
  document.body.append(dialog);
  dialog.showModal();
}
