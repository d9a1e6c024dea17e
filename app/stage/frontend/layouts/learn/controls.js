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
const RATES = { least: -4, most: -1.5, step: 0.05 }; // powers of ten
const FAMILIES = [
  { value: "affine", name: "affine" },
  { value: "attention", name: "attention" },
];

export class Controls {
  /** @param {{run: (steps?: number) => void, pause: () => void, reset: () => void, set: (change: object) => void}} hand */
  constructor(hand) {
    this.hand = hand;
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
    this.family = element("div");
    this.rate = knob("Learning rate", { min: RATES.least, max: RATES.most, step: RATES.step }, (value) => hand.set({ rate: Number((10 ** value).toPrecision(2)) }));
    this.degrees = knob("Rotated by up to", { min: 0, max: 180, step: 5 }, (value) => hand.set({ degrees: value }));
    const settings = element("div", { className: "choices" }, this.rate.node, this.degrees.node, this.family, aside);
    this.broken = element("p", { className: "words broken", ariaLive: "polite" });
    this.node = element("div", { className: "steering" }, breaks, this.broken, settings);
  }

  /** @param {import("../../learning/trainer.js").Settings} settings */
  show(settings, running) {
    const before = this.settings;
    Object.assign(this, { settings, running });
    const words = running ? "❚❚ Pause" : "▶ Train";
    if (this.play.textContent !== words) this.play.textContent = words;
    if (JSON.stringify(before) === JSON.stringify(settings)) return;
    press(this.breaks, ({ name }) => settings[name]);
    this.broken.textContent = this.breaks.filter(({ name }) => settings[name]).map(({ textContent, title }) => `${textContent}: ${title}.`).join(" ");
    this.rate.set(Math.log10(settings.rate), String(settings.rate));
    this.degrees.set(settings.degrees, `±${settings.degrees}°`);
    if (before?.family !== settings.family) this.family.replaceChildren(group("Transformer", FAMILIES, settings.family, (family) => this.hand.set({ family })));
  }
}

/** A slider with its name and its value in words. */
function knob(name, range, onInput) {
  const input = element("input", { type: "range", ...range, ariaLabel: name });
  const value = element("output");
  input.oninput = () => onInput(Number(input.value));
  const node = element("label", { className: "knob" }, element("span", { textContent: name }), input, value);
  const set = (at, words) => {
    if (Math.abs(Number(input.value) - at) > Number(range.step) / 2) input.value = at;
    input.setAttribute("aria-valuetext", words);
    value.textContent = words;
  };
  return { node, set };
}
