// Numbers and sentences as they are shown.

/** Significant figures, four or as asked, in the same width as long as the magnitude is the same. */
export function number(value, notFinite = "not finite", figures = 4) {
  if (value === undefined || value === null) return "–";
  if (!Number.isFinite(value)) return notFinite;
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(figures);
  return text.replaceAll("-", "−");
}

/** The same without zeros at its end: for what a person has chosen. */
export const short = (value) =>
  number(value).replace(/(\.\d*?)0+(e|$)/, (_, digits, rest) => (digits === "." ? "" : digits) + rest);

/** A sentence with its {names} filled in. */
export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const count = (value) => value.toLocaleString("en-US");
