/** What a training is steered by: start and pause, its settings, and what breaks it. */
import { button, element, group, press } from "../../dom.js";
import { stageModeButton } from "../../parts/stage_mode.js";

const BREAKS = {
  boost: ["Rate × 10", "Ten times the learning rate"],
  random: ["Random start", "Starts the last layer of the localisation network at random, not at the identity; resets the training"],
  integer: ["Integer kernel", "Reads the nearest pixel (Eq. 4): no gradient reaches θ, so the grids stop moving"],
  frozen: ["Frozen localisation", "Stops updating the localisation network: the grids stop moving"],
  shifted: ["Shifted background", "Subtracts white, so that the background is −1 and the 0 outside the image looks like ink"],
  swapped: ["Swapped labels", "Gives each digit the label of the next one in its batch: nothing can be learnt"],
};
const STEPS = { rate: 0.05, degrees: 5 }; // of the sliders; the rate's is one of powers of ten
const FAMILIES = [
  { value: "affine", name: "affine" },
  { value: "attention", name: "attention" },
];

export class Controls {
  /**
   * @param {{run: (steps?: number) => void, pause: () => void, reset: () => void, set: (change: object) => void}} hand
   * @param {{rate: number[], degrees: number[]}} ranges
   */
  constructor(hand, ranges) {
    this.play = button("", () => (this.running ? hand.pause() : hand.run()), { className: "main play" });
    const steps = [1, 10].map((count) => button(`${count} step${count > 1 ? "s" : ""}`, () => hand.run(count)));
    this.where = element("output", { className: "where" });
    this.hidden = element("input", { type: "checkbox" });
    const aside = element("label", { title: "Otherwise it pauses while you look at another tab" }, this.hidden, " train in a hidden tab too");
    this.top = element("div", { className: "buttons" }, this.play, ...steps, button("Reset", hand.reset, { title: "Back to step 0, with the same seed (R)" }), stageModeButton(), this.where);
    this.breaks = Object.entries(BREAKS).map(([name, [text, title]]) =>
      Object.assign(button(text, () => hand.set({ [name]: !this.settings[name] }), { title }), { name })
    );
    const breaks = element("div", { className: "buttons", role: "group", ariaLabel: "Break it" }, element("span", { textContent: "Break it" }), ...this.breaks);
    this.family = group("Transformer", FAMILIES, null, (family) => hand.set({ family }));
    this.rate = knob("Learning rate", ranges.rate.map(Math.log10), STEPS.rate, (value) => hand.set({ rate: Number((10 ** value).toPrecision(2)) }));
    this.degrees = knob("Rotated by up to", ranges.degrees, STEPS.degrees, (value) => hand.set({ degrees: value }));
    const settings = element("div", { className: "choices" }, this.rate.node, this.degrees.node, this.family, aside);
    this.broken = element("p", { className: "words broken", ariaLive: "polite" });
    this.node = element("div", { className: "steering" }, breaks, this.broken, settings);
  }

  /**
   * @param {import("../../learning/trainer.js").Settings} settings
   * @param {number} [changedAt]  the step at which they were changed first, of a run that was begun with others
   */
  show(settings, running, changedAt) {
    const before = this.shown;
    this.shown = JSON.stringify({ settings, changedAt });
    Object.assign(this, { settings, running });
    const play = running ? "❚❚ Pause" : "▶ Train";
    if (this.play.textContent !== play) this.play.textContent = play;
    if (before === this.shown) return;
    press(this.breaks, ({ name }) => settings[name]);
    const words = this.breaks.filter(({ name }) => settings[name]).map(({ textContent, title }) => `${textContent}: ${title}.`);
    if (changedAt) words.push(`Changed at step ${changedAt.toLocaleString("en")}: the address does not repeat this run. Reset starts the one that it gives.`);
    this.broken.textContent = words.join(" ");
    this.rate.set(Math.log10(settings.rate), String(settings.rate));
    this.degrees.set(settings.degrees, `±${settings.degrees}°`);
    press(this.family.querySelectorAll("button"), (_, i) => FAMILIES[i].value === settings.family);
  }
}

/** A slider with its name and its value in words. */
function knob(name, [min, max], step, onInput) {
  const input = element("input", { type: "range", min, max, step, ariaLabel: name });
  const value = element("output");
  input.oninput = () => onInput(Number(input.value));
  const node = element("label", { className: "knob" }, element("span", { textContent: name }), input, value);
  const set = (at, words) => {
    if (Math.abs(Number(input.value) - at) > step / 2) input.value = at;
    input.setAttribute("aria-valuetext", words);
    value.textContent = words;
  };
  return { node, set };
}
