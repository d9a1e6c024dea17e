/** A stage in the other theme, for as long as it is drawn for a file. */

// The values of app/palette.py; a test holds the two together.
export const THEMES = {
  light: { background: "#ffffff", surface: "#f1f4f7", text: "#16202a", border: "#d3dbe2", primary: "#0072b2" },
  dark: { background: "#0e141a", surface: "#18212a", text: "#e8eef3", border: "#33414e", primary: "#56b4e9" },
};
// Of curves and their legends, which Python gives a stage in the visitor's theme.
export const LINES = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c", "#b8608f"],
  dark: ["#56b4e9", "#ee7733", "#2cc295", "#dd99c0", "#e69f00", "#8fb8de", "#a8a8a8", "#dd99c0"],
};
const VARIABLES = {
  background: "--st-background-color",
  surface: "--st-secondary-background-color",
  text: "--st-text-color",
  border: "--st-border-color",
  primary: "--st-primary-color",
};

/** A theme as the variables of a style, where no Streamlit sets them. */
export const variablesOf = (theme) => Object.entries(VARIABLES).map(([name, variable]) => [variable, THEMES[theme][name]]);

/** A line's colour (#rrggbb) of one theme as it is in another. @returns {(colour: string) => string} */
export function recolouring(from, to) {
  const colours = new Map(LINES[from].map((colour, i) => [colour, LINES[to][i]]).reverse()); // of equals, the first
  return (colour) => colours.get(colour) ?? colour;
}

const value = (root, name) => getComputedStyle(root).getPropertyValue(VARIABLES[name]).trim();

/** The theme in which a root is on the screen. */
export const shownTheme = (root) => (value(root, "background").toLowerCase() === THEMES.dark.background ? "dark" : "light");

/** What is behind a stage. */
export const backgroundOf = (root) => value(root, "background") || THEMES.light.background;

/**
 * What a function gives while the root is in a theme; nothing of it is to be seen on the screen.
 * @param {"light"|"dark"} theme
 * @param {(recoloured: (colour: string) => string) => any} make  recoloured: a line's colour (#rrggbb) in that theme
 */
export function inTheme(root, theme, make) {
  const shown = shownTheme(root);
  if (theme === shown) return make((colour) => colour);
  for (const [variable, colour] of variablesOf(theme)) root.style.setProperty(variable, colour);
  try {
    return make(recolouring(shown, theme));
  } finally {
    for (const variable of Object.values(VARIABLES)) root.style.removeProperty(variable);
  }
}
