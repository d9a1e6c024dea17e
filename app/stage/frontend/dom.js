/** Elements of the page: made, grouped, and marked as chosen. */

/** Create an element with properties and children. */
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

/** A button with its words. */
export const button = (textContent, onclick, properties = {}) =>
  element("button", { type: "button", textContent, onclick, ...properties });

/** The link that an event is on, also within a shadow tree. @returns {HTMLAnchorElement|undefined} */
export const linkOf = (event) => event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.hasAttribute("href"));

/** Of these buttons, mark those as pressed which are chosen. */
export function press(buttons, isChosen) {
  [...buttons].forEach((one, i) => one.setAttribute("aria-pressed", String(isChosen(one, i))));
}

/**
 * Buttons in a row of which one is pressed, under a title.
 * @param {{value: any, name: string, colour?: string}[]} choices
 * @param {(value: any) => void} onChosen
 */
export function group(title, choices, chosen, onChosen) {
  const buttons = choices.map(({ value, name, colour }) => {
    const one = button(name, () => {
      press(buttons, (other) => other === one);
      onChosen(value);
    });
    if (colour) one.style.borderLeft = `0.5rem solid ${colour}`;
    return one;
  });
  press(buttons, (_, i) => choices[i].value === chosen);
  const properties = { className: "buttons", role: "group", ariaLabel: title };
  return element("div", properties, element("span", { textContent: title }), ...buttons);
}
