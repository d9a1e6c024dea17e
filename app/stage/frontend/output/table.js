/** Rows of numbers as text that a spreadsheet opens as they are. */

const MARK = "\ufeff"; // by which a spreadsheet knows that it is UTF-8
const DIGITS = 7; // of a number: what is computed has no more

/** Every number with a point and without an exponent; no thousands are marked. */
const number = (value) => (Number.isFinite(value) ? value.toLocaleString("en", { useGrouping: false, maximumSignificantDigits: DIGITS }) : "");

function cell(value) {
  const text = typeof value === "number" ? number(value) : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of like or unlike fields as CSV. @param {object[]} rows */
export function csv(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return MARK + lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
}

/** A column for each class, of a row. @param {number[]} [probabilities]  of the classes; none without a network */
export const oddsOf = (probabilities) => Object.fromEntries((probabilities || []).map((p, c) => [`p(${c})`, p]));
