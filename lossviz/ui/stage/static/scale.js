// The colour scale of a surface: which range, which levels, which words at its ticks.

import { short } from "./format.js";
import { niceStep, ticks } from "./ticks.js";

/** Share `p` of the sorted values lies at or below the result. */
const quantile = (sorted, p) => sorted[Math.round(p * (sorted.length - 1))];

/** The range of the bulk: the whole one unless a small tail would flatten all the rest. */
function robustRange(sorted) {
  let low = sorted[0];
  let high = sorted[sorted.length - 1];
  const bulkLow = quantile(sorted, 0.03);
  const bulkHigh = quantile(sorted, 0.95);
  const bulk = bulkHigh - bulkLow;
  if (bulk > 0 && high - bulkHigh > 1.5 * bulk) high = bulkHigh + 0.25 * bulk;
  if (bulk > 0 && bulkLow - low > 1.5 * bulk) low = bulkLow - 0.25 * bulk;
  return [low, high];
}

/**
 * The scale of `surface`: `values` (what is coloured: the loss or its log10), `low`, `high` and `step`
 * in those units, the number of cells without a finite loss, and the bounds where colours saturate.
 */
export function surfaceScale(surface) {
  const { data } = surface.z;
  const toScale = surface.log ? (loss) => (loss > 0 ? Math.log10(loss) : -Infinity) : (loss) => loss;
  const fromScale = surface.log ? (value) => 10 ** value : (value) => value;
  const kind = data instanceof Float64Array ? Float64Array : Float32Array;
  const values = kind.from(data, (loss) => (Number.isFinite(loss) ? toScale(loss) : NaN));
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const masked = data.reduce((sum, loss) => sum + (Number.isFinite(loss) ? 0 : 1), 0);
  let [low, high] = [0, 1];
  if (surface.range) [low, high] = surface.range.map(toScale);
  else if (sorted.length) [low, high] = robustRange(sorted);
  if (!Number.isFinite(low)) low = sorted[0] ?? 0;
  if (!(high > low)) high = low + (Math.abs(low) || 1) * 1e-3;
  const slack = 1e-6 * (high - low);
  const lowest = values.includes(-Infinity) ? -Infinity : (sorted[0] ?? low);
  for (let i = 0; i < values.length; i += 1) if (values[i] === -Infinity) values[i] = low;
  return {
    values, low, high, toScale, fromScale, masked,
    step: niceStep(high - low, 14),
    above: (sorted[sorted.length - 1] ?? high) > high + slack,
    below: lowest < low - slack,
    log: surface.log,
  };
}

/** Ticks of the colour bar; its last word says so when losses go on beyond the last colour. */
export function colorTicks({ low, high, log, above, below, fromScale }) {
  const { places, words } = ticks(low, high, log);
  const clear = 0.06 * (high - low);
  const end = (place, word, add) => {
    const keep = places.findIndex((other) => Math.abs(other - place) < clear);
    if (keep >= 0) [places, words].forEach((list) => list.splice(keep, 1));
    places[add](place);
    words[add](word);
  };
  if (above) end(high, `≥ ${short(fromScale(high))}`, "push");
  if (below) end(low, `≤ ${short(fromScale(low))}`, "unshift");
  return { places, words };
}

/** The rows of a flat (ny, nx) array, as Plotly wants them. */
export function rows(flat, width) {
  const height = flat.length / width;
  return Array.from({ length: height }, (_, j) => flat.subarray(j * width, (j + 1) * width));
}
