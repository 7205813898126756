// Numbers as a person reads and writes them.

// Six digits, without an exponent where that reads well.
const short = (value) => {
  const rounded = Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(rounded);
  return rounded.toExponential().replace("e+", "e");
};

// With the decimals of its dial when the value has no more of them, so that digits do not jump.
export const show = (value, { log, whole, decimals }) => {
  if (whole) return String(value);
  const fixed = log ? "" : value.toFixed(decimals);
  return fixed && Number(fixed) === value ? fixed : short(value);
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

// The number that was typed, or NaN; a comma may stand for the point.
export const read = (text) => {
  let plain = text.trim().replace("\u2212", "-");
  if (!plain.includes(".")) plain = plain.replace(",", ".");
  return NUMBER.test(plain) ? Number(plain) : NaN;
};

export const allowed = (value, { low, high, off, whole }) =>
  Number.isFinite(value) && (!whole || Number.isInteger(value))
  && ((value >= low && value <= high) || value === off);

// The place of the stop nearest to a value: in ratio on a log dial, else in difference.
export const place = (value, { stops, log }) => {
  const exact = stops.indexOf(value);
  if (exact >= 0) return exact;
  const distance = log && value > 0
    ? (stop) => (stop > 0 ? Math.abs(Math.log(stop / value)) : Infinity)
    : (stop) => Math.abs(stop - value);
  return stops.reduce((best, stop, i) => (distance(stop) < distance(stops[best]) ? i : best), 0);
};
