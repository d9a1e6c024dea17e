/** Words in SVG, in the page's font where a program has it, and in whatever there is where it has not. */

export const FAMILY = "Source Sans"; // Streamlit's, of which vendor/sans.woff2 has the letters that a stage uses
// For programs that take no font from a file: the same letters, then such as are no wider, so that no words meet.
const FAMILIES = [FAMILY, "Source Sans 3", "Source Sans Pro", "Myriad Pro", "Calibri", "Carlito", "Arial Narrow", "Liberation Sans Narrow"];
const GENERIC = [...FAMILIES.map((name) => `'${name}'`), "Arial", "sans-serif"].join(", ");

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
export const short = (v) => +v.toFixed(2);

/** A colour as what is filled or drawn has it: few programs know that of CSS with an alpha. */
export const paint = (what, colour) => {
  const [, rgb, alpha] = /^rgba\(([^,]+,[^,]+,[^,]+), ([\d.]+)\)$/.exec(colour) ?? [];
  return rgb ? `${what}="rgb(${rgb})" ${what}-opacity="${alpha}"` : `${what}="${colour}"`;
};

/** How words are written, and as wide as on the screen where a program can do that. */
function manner({ width, colour, font: { fontFamily, fontSize, fontStyle, fontWeight } }) {
  const families = fontFamily.includes(FAMILY) ? GENERIC : fontFamily;
  const length = width ? ` textLength="${short(width)}" lengthAdjust="spacingAndGlyphs"` : "";
  const slant = fontStyle === "normal" ? "" : ` font-style="${fontStyle}"`;
  return `font-family="${escaped(families)}" font-size="${fontSize}" font-weight="${fontWeight}"${slant}${length} ${paint("fill", colour)}`;
}

/** A row of words; what goes on with it (``next``, see inRows) follows where it ends in the font that there is. */
export function textOf(row, anchor = "start") {
  const at = `x="${short(row.x)}" y="${short(row.base)}" text-anchor="${anchor}" xml:space="preserve"`;
  if (!row.next) return `<text ${at} ${manner(row)}>${escaped(row.words)}</text>`;
  let [before, spans] = [row, `<tspan ${manner(row)}>${escaped(row.words)}</tspan>`];
  for (const one of row.next) {
    const [dx, dy] = [one.x - before.x - before.width, one.base - before.base].map(short);
    spans += `<tspan dx="${dx}" dy="${dy}" ${manner(one)}>${escaped(one.words)}</tspan>`;
    before = one;
  }
  return `<text ${at}>${spans}</text>`;
}
