/** Keys for a lecture: of the first stage in sight that has a playhead, while nothing else takes them. */
import { button, element } from "../dom.js";

const KEYS = [
  ["Space", "play, or pause"],
  ["← →", "a step back, a step on; with Shift ten"],
  ["R", "start again"],
  ["1 … 9", "a preset, or a digit of the row"],
  ["?", "this list"],
  ["Tab", "to the handles; there the arrow keys, + − and [ ] move, scale and turn"],
];
const TYPED = "input, textarea, select, [contenteditable=true], [role=application]";
const PRESSED = "button, a, summary";
const PRESETS = ".st-key-preset button";

/** @type {Set<{layout: import("../layouts/layouts.js").Layout, root: HTMLElement}>} */
const mounted = new Set();

/** The layouts of all stages of the page. */
export const mountedLayouts = () => [...mounted].map(({ layout }) => layout);

/** Take part until the function that this gives is called. */
export function listen(layout, root) {
  const part = { layout, root };
  if (mounted.size === 0) document.addEventListener("keydown", press);
  mounted.add(part);
  return () => {
    mounted.delete(part);
    if (mounted.size === 0) document.removeEventListener("keydown", press);
  };
}

function press(event) {
  const [target] = event.composedPath();
  const on = (what) => target instanceof Element && target.closest(what);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || on(TYPED)) return;
  const { key } = event;
  if (key === "?") help();
  else if (/^[1-9]$/.test(key)) preset(Number(key));
  else {
    const { layout } = [...mounted].find(({ layout, root }) => layout.transport?.track && root.clientWidth) ?? {};
    if (!layout) return;
    const { transport } = layout;
    if (key === " " && !on(PRESSED)) transport.play.click();
    else if (key === "ArrowLeft" || key === "ArrowRight") {
      const step = (key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 10 : 1);
      for (let i = 0; i < Math.abs(step); i++) transport.head.step(Math.sign(step));
    } else if (key === "r" || key === "R") layout.release ? layout.release() : transport.head.seek(0);
    else return;
  }
  event.preventDefault();
}

/** The n-th preset of the page, or the n-th of what a stage has to choose from. */
function preset(n) {
  const chosen = document.querySelectorAll(PRESETS)[n - 1];
  if (chosen) return chosen.click();
  const part = [...mounted].find(({ root }) => root.querySelector(".digit, .strip :is(button, a).cell"));
  part?.root.querySelectorAll(".digit, .strip :is(button, a).cell")[n - 1]?.click();
}

function help() {
  const rows = KEYS.map(([key, words]) =>
    element("tr", {}, element("td", {}, element("kbd", { textContent: key })), element("td", { textContent: words }))
  );
  const close = button("Close", () => dialog.close());
  const dialog = element("dialog", { className: "stn-keys" }, element("h2", { textContent: "Keys" }), element("table", {}, ...rows), close);
  dialog.onclose = () => dialog.remove();
  document.querySelector(".stn-keys")?.remove();
  document.body.append(dialog);
  dialog.showModal();
}
