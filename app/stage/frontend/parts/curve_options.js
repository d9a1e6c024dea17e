/** How the curves of a layout are drawn: buttons that hold for all of them. */
import { button, element, press } from "../dom.js";
import { even, logarithmic } from "./axes.js";

const OPTIONS = {
  evenly: ["Linear time axis", "Space the steps evenly; otherwise the first steps get more room"],
  linear: ["Linear value axis", "Show losses, errors and gradients on a linear axis; otherwise on a logarithmic one"],
  smooth: ["Smooth", "Show running means of the batch values, over 4 % of a curve"],
};

export class CurveOptions {
  /** @param {() => void} onChange  the curves are to be drawn again */
  constructor(onChange) {
    Object.assign(this, { evenly: false, linear: false, smooth: false });
    const buttons = Object.entries(OPTIONS).map(([name, [text, title]]) => {
      const one = button(text, () => {
        this[name] = !this[name];
        press([one], () => this[name]);
        onChange();
      }, { title });
      press([one], () => false);
      return one;
    });
    this.node = element("div", { className: "buttons", role: "group", ariaLabel: "Curves" }, element("span", { textContent: "Curves" }), ...buttons);
  }

  /** The axis of steps or seconds; unit: up to which it is linear. */
  axis(unit, last, name) {
    return this.evenly ? even(last, name) : logarithmic(unit, last, name);
  }
}
