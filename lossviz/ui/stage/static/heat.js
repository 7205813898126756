// The picture of a surface, pixel by pixel: its colours, and lines at the levels.
//
// Between the grid points a cubic is laid whose slopes are those of the neighbours, held back where
// the neighbours disagree: smooth where the surface is, without waves beside a steep wall.

const COLORS = 512;

/**
 * Fill `image` (ImageData) with the surface's `values` over the grid `x` by `y`. `placeX[i]` and
 * `placeY[j]` are the data coordinates of the pixels' middles; a pixel outside of the grid, or beside
 * a value that is not finite, stays clear. `look`: `low`, `high`, `colors` (of `colorTable`), and for
 * the lines `start`, `step`, `width` in pixels, `line` (red, green, blue) and `alpha`.
 */
export function paintHeat(image, { x, y, values }, placeX, placeY, look) {
  const pixels = new Uint32Array(image.data.buffer);
  const columns = x.length;
  const held = hold(values, look);
  const rising = columnSlopes(held, columns, y.length);
  const across = weights(placeX, x);
  const up = weights(placeY, y);
  const row = new Float32Array(columns);
  const slope = new Float32Array(columns);
  const above = new Float32Array(placeX.length).fill(NaN);
  for (let j = 0; j < placeY.length; j += 1) {
    if (up.cell[j] < 0) above.fill(NaN);
    else {
      rowAt(row, held, rising, up, j);
      slopes(slope, row, columns);
      paintRow(pixels.subarray(j * placeX.length, (j + 1) * placeX.length), row, slope, across, above, look);
    }
  }
}

/** Far beyond the colours all is alike; kept near, so that nothing overflows. */
function hold(values, { low, high }) {
  const room = 4 * (high - low);
  return values.map((value) => Math.min(Math.max(value, low - room), high + room));
}

/** The slope at a point, by the differences to its left and its right. */
function limited(a, b) {
  if (a !== a) return b === b ? b : 0;
  if (b !== b) return a;
  const most = Math.min(Math.abs(a), Math.abs(b)) * (a * b > 0 ? 3 : 1);
  return Math.min(Math.max((a + b) / 2, -most), most);
}

function slopes(out, values, count, from = 0, stride = 1) {
  let before = NaN;
  for (let i = 0; i < count; i += 1) {
    const at = from + i * stride;
    const after = i + 1 < count ? values[at + stride] - values[at] : NaN;
    out[at] = limited(before, after);
    before = after;
  }
}

function columnSlopes(values, columns, rows) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < columns; i += 1) slopes(out, values, rows, i, columns);
  return out;
}

/** For each place the cell of the grid it lies in (-1: none), and what its ends and slopes count. */
function weights(places, grid) {
  const cell = new Int32Array(places.length).fill(-1);
  const share = new Float32Array(4 * places.length);
  const slack = 1e-6 * (grid[grid.length - 1] - grid[0]);
  places.forEach((place, k) => {
    if (!(place >= grid[0] - slack && place <= grid[grid.length - 1] + slack)) return;
    let i = Math.floor(((place - grid[0]) / (grid[grid.length - 1] - grid[0])) * (grid.length - 1));
    i = Math.min(Math.max(i, 0), grid.length - 2);
    while (i > 0 && place < grid[i]) i -= 1;
    while (i < grid.length - 2 && place > grid[i + 1]) i += 1;
    const t = Math.min(Math.max((place - grid[i]) / (grid[i + 1] - grid[i]), 0), 1);
    cell[k] = i;
    share.set([(1 + 2 * t) * (1 - t) ** 2, t * t * (3 - 2 * t), t * (1 - t) ** 2, t * t * (t - 1)], 4 * k);
  });
  return { cell, share };
}

/** The values along one row of pixels, at the grid's columns. */
function rowAt(row, values, rising, { cell, share }, j) {
  const low = cell[j] * row.length;
  const high = low + row.length;
  const [a, b, c, d] = share.subarray(4 * j, 4 * j + 4);
  for (let i = 0; i < row.length; i += 1) {
    row[i] = a * values[low + i] + b * values[high + i] + c * rising[low + i] + d * rising[high + i];
  }
}

/** One row of pixels; `above` holds the values of the row before and is given those of this one. */
function paintRow(pixels, row, slope, { cell, share }, above, look) {
  const { low, high, colors, start, step, width } = look;
  const scale = (COLORS - 1) / (high - low);
  const reach = (width + 1) / 2;
  let left = NaN;
  for (let i = 0; i < pixels.length; i += 1) {
    const c = cell[i];
    const w = 4 * i;
    const value = c < 0 ? NaN
      : share[w] * row[c] + share[w + 1] * row[c + 1] + share[w + 2] * slope[c] + share[w + 3] * slope[c + 1];
    const gx = value - left;
    const gy = value - above[i];
    above[i] = left = value;
    if (value !== value) continue;
    const at = (value - low) * scale;
    const color = colors[at <= 0 ? 0 : at >= COLORS - 1 ? COLORS - 1 : (at + 0.5) | 0];
    pixels[i] = color;
    if (value > high || value < low) continue;
    // The distance to the nearest level is, in pixels, its difference over the steepness.
    const away = value - start - step * Math.round((value - start) / step);
    const steep = gx * gx + gy * gy;
    if (away * away < reach * reach * steep) {
      pixels[i] = over(color, look, Math.min(reach - Math.abs(away) / Math.sqrt(steep), width, 1));
    }
  }
}

/** The line's colour over a pixel's, covering this share of it. */
function over(pixel, { line, alpha }, cover) {
  const share = alpha * cover;
  const red = (pixel & 255) * (1 - share) + line[0] * share;
  const green = ((pixel >> 8) & 255) * (1 - share) + line[1] * share;
  const blue = ((pixel >> 16) & 255) * (1 - share) + line[2] * share;
  return 0xff000000 | (blue << 16) | (green << 8) | red;
}

/** The colours between the stops [[place, "#rrggbb"], ..], as the bytes of a canvas's pixels. */
export function colorTable(stops) {
  const channels = stops.map(([, hex]) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: COLORS }, (_, k) => {
    const place = k / (COLORS - 1);
    const next = Math.max(1, stops.findIndex(([stop]) => stop >= place));
    const [from, to] = [stops[next - 1][0], stops[next][0]];
    const share = (place - from) / (to - from);
    const [red, green, blue] = channels[next].map((value, i) =>
      Math.round(channels[next - 1][i] * (1 - share) + value * share));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
