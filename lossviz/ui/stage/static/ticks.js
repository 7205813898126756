// Ticks of a scale that may be logarithmic: places in scale units (powers of ten), words for a person.

const NICE = [1, 2, 2.5, 5, 10];

/** A round step that cuts `span` into about `pieces`. */
export function niceStep(span, pieces) {
  const rough = span / pieces;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * NICE.find((factor) => factor * power >= rough * 0.999);
}

/** Places and words between `low` and `high`; on a log scale decades, or 1-2-5 where there are few. */
export function ticks(low, high, log, pieces = 6) {
  const places = log && high - low > 0.6 ? powers(low, high, pieces) : even(low, high, log, pieces);
  return { places, words: places.map((place) => word(log ? 10 ** place : place)) };
}

function powers(low, high, pieces) {
  const span = high - low;
  const stride = Math.max(1, Math.ceil(span / pieces));
  const within = span < 2.2 ? [1, 2, 5].map(Math.log10) : [0];
  const places = [];
  for (let power = Math.floor(low / stride) * stride; power <= high; power += stride) {
    for (const part of within) places.push(power + part);
  }
  return places.filter((place) => place >= low - 1e-9 && place <= high + 1e-9);
}

/** Even steps of the value itself; on a log scale too where it spans much less than a decade. */
function even(low, high, log, pieces) {
  const [from, to] = log ? [10 ** low, 10 ** high] : [low, high];
  const step = niceStep(to - from, pieces - 1);
  const places = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-12) + step * 1e-9; i += 1) {
    places.push(log ? Math.log10(i * step) : i * step);
  }
  return places;
}

/** A number as an axis shows it; a power of ten is raised. */
export function word(value) {
  const size = Math.abs(value);
  const clean = Number(value.toPrecision(5));
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(clean).replace("-", "−");
  const power = Math.floor(Math.log10(size) + 1e-9);
  const front = Number((value / 10 ** power).toPrecision(3));
  const sign = String(power).replace("-", "−");
  return `${front === 1 ? "" : `${front}·`}10<sup>${sign}</sup>`.replace("-", "−");
}
