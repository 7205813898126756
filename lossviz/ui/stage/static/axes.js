// Axes on a canvas: from data to pixels and back, and the ticks, words and titles around the box.

import { ticks, word } from "./ticks.js";

const SMALL = 11;
const TITLE = 12;

/**
 * The map of a picture of `size` with `margin` (left, right, top, bottom) around the box: `x` and `y`
 * give pixels, `backX` and `backY` data; `edge` is where the picture ends. With `log`, the range of y
 * is in powers of ten.
 */
export function mapping(size, margin, [x0, x1], [y0, y1], log = false) {
  const width = size.width - margin.left - margin.right;
  const height = size.height - margin.top - margin.bottom;
  if (width < 20 || height < 20) return null;
  const box = { left: margin.left, top: margin.top, width, height };
  const scaleX = width / (x1 - x0);
  const scaleY = height / (y1 - y0);
  return {
    box, rangeX: [x0, x1], rangeY: [y0, y1], log, edge: size.width,
    x: (value) => box.left + (value - x0) * scaleX,
    y: (value) => box.top + height - ((log ? Math.log10(value) : value) - y0) * scaleY,
    backX: (pixel) => x0 + (pixel - box.left) / scaleX,
    backY: (pixel) => y0 + (box.top + height - pixel) / scaleY,
  };
}

/** Everything around the box. `look` has the titles `x` and `y`, which grid lines are drawn, and
 *  ticks of one's own (`across`, `up`: places in units of the ranges, and words). */
export function drawAxes(context, map, theme, { x, y, gridX = false, gridY = false, ...own }) {
  const { box } = map;
  const across = thinned(own.across, box.width / 44)
    ?? apart(ticks(...map.rangeX, false, Math.max(2, Math.min(8, box.width / 50))));
  const rising = apart(upright(map), map.log);
  const { up, title } = own.up ? { up: own.up, title: y }
    : shortened(context, theme, map, rising, counted(y, rising));
  const pixelX = across.places.map((place) => box.left + ((place - map.rangeX[0]) / span(map.rangeX)) * box.width);
  const pixelY = up.places.map((place) => box.top + box.height - ((place - map.rangeY[0]) / span(map.rangeY)) * box.height);
  const bottom = box.top + box.height;
  const lines = new Path2D();
  for (const px of pixelX) line(lines, crisp(px), gridX ? box.top : bottom, crisp(px), bottom + 4);
  for (const py of pixelY) line(lines, box.left - 4, crisp(py), gridY ? box.left + box.width : box.left, crisp(py));
  context.save();
  context.lineWidth = 1;
  context.setLineDash([]);
  context.strokeStyle = theme.palette.grid;
  context.stroke(lines);
  context.fillStyle = theme.palette.muted;
  across.words.forEach((word, i) => write(context, theme, word, pixelX[i], bottom + 14, "center", Infinity, map.edge));
  up.words.forEach((word, i) => write(context, theme, word, box.left - 7, pixelY[i], "right"));
  context.font = `${TITLE}px ${theme.font}`;
  context.textAlign = "center";
  if (x) context.fillText(counted(x, across), box.left + box.width / 2, bottom + 29, box.width);
  context.translate(11, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  // As long as it fits: it may reach over both ends of the box, but not out of the canvas above.
  if (title) context.fillText(title, 0, 0, box.height + 2 * Math.min(box.top, 15));
  context.restore();
}

/** Ticks that five digits would not tell apart are counted from the one in the middle, `base`, in
 *  units of a power of ten. */
function apart(given, log = false) {
  const { places } = given;
  const size = Math.max(...places.map(Math.abs));
  if (log || places.length < 2 || places[1] - places[0] > 2e-5 * size) return given;
  const base = Number(places[places.length >> 1].toPrecision(14));
  const power = powerOf(places.map((place) => place - base));
  return { places, base, power, words: places.map((place) => word(Number(((place - base) / 10 ** power).toFixed(3)))) };
}

/** A title that says from where its numbers are counted. */
function counted(title, { base, power }) {
  if (base === undefined || !title) return title;
  return `(${title} ${base < 0 ? "+" : "−"} ${Math.abs(base)}) × ${tenTo(power)}`;
}

const powerOf = (values) => Math.floor(Math.log10(Math.max(...values.map(Math.abs))) + 1e-9);
const tenTo = (power) => `10${[...String(power)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;

/** The ticks of y. */
const upright = ({ rangeY, log, box }) => ticks(...rangeY, log, Math.max(2, Math.min(8, box.height / 30)));

/** How far to the right a logarithmic y of this map has to begin, so that its numbers leave its title
 *  room: as they are no multiples of one power of ten, they cannot be made shorter. */
export function beginning(context, theme, map) {
  const widest = Math.max(0, ...upright(map).words.map((one) => width(context, theme, one)));
  return map.log ? Math.max(map.box.left, Math.ceil(widest) + 24) : map.box.left;
}

/** Numbers of y that would reach into its title share a power of ten, which the title then names. */
function shortened(context, theme, map, up, title) {
  const room = map.box.left - 24;
  if (!title || map.log || up.base !== undefined || up.words.every((one) => width(context, theme, one) <= room)) return { up, title };
  const power = powerOf(up.places);
  const words = up.places.map((place) => word(place / 10 ** power));
  return { up: { ...up, words }, title: `${title} × ${tenTo(power)}` };
}

/** Every so many of the ticks that there is room for all their words. */
function thinned(own, most) {
  if (!own) return null;
  const stride = Math.max(1, Math.ceil(own.places.length / most));
  const keep = (list) => list.filter((_, i) => i % stride === 0);
  return { places: keep(own.places), words: keep(own.words).map((word) => word.replaceAll("<", "‹")) };
}

const span = ([from, to]) => to - from;
const crisp = (pixel) => Math.round(pixel - 0.5) + 0.5;

function line(path, x0, y0, x1, y1) {
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
}

const small = (theme) => `${SMALL}px ${theme.font}`;
const raisedFont = (theme) => `${SMALL - 3}px ${theme.font}`;

/** How wide `write` makes a word. */
function width(context, theme, word) {
  const [plain, raised = ""] = word.split(/<\/?sup>/);
  context.font = raisedFont(theme);
  const more = raised ? context.measureText(raised).width : 0;
  context.font = small(theme);
  return context.measureText(plain).width + more;
}

/** A word whose end may be raised, as in 10<sup>3</sup>; `y` is its middle, `most` the room it has. It
 *  gives way to the left where it would go beyond the `edge`. */
export function write(context, theme, word, x, y, align, most = Infinity, edge = Infinity) {
  const [plain, raised = ""] = word.split(/<\/?sup>/);
  const whole = width(context, theme, word);
  context.textBaseline = "middle";
  context.textAlign = "left";
  const wide = context.measureText(plain).width;
  const place = x - { left: 0, center: 0.5, right: 1 }[align] * whole;
  const from = Math.min(place, edge - whole);
  context.fillText(plain, from, y, Math.min(wide + 1, most));
  if (!raised) return;
  context.font = raisedFont(theme);
  context.fillText(raised, from + wide, y - 4);
}
