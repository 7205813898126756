// Bars that explain the colours: one at the side of a picture, or one for several pictures.

import { write } from "./axes.js";
import { el } from "./dom.js";
import { Layer } from "./layer.js";
import { colorTicks } from "./scale.js";

/** The lines at the levels. */
export const LINES = { light: { line: [30, 36, 48], alpha: 0.3 }, dark: { line: [232, 234, 237], alpha: 0.28 } };
export const LINE_WIDTH = 0.8;

const BESIDE = 10; // pixels between the picture and its bar
const THICK = 10;
const ROOM = 44; // for the words at the side

/** The levels' places between `low` and `high`. */
function* levels({ low, high, step }) {
  for (let level = Math.ceil(low / step) * step; level <= high; level += step) yield level;
}

function fillWith(context, gradient, theme) {
  for (const [place, color] of theme.scale) gradient.addColorStop(place, color);
  context.fillStyle = gradient;
}

function lineColor({ mode }) {
  const { line, alpha } = LINES[mode];
  return `rgba(${line.join()},${alpha})`;
}

/** The bar of colours at the right of the box, with the levels on it and words beside it. */
export function drawBar(context, box, scale, theme) {
  const { low, high } = scale;
  const left = box.left + box.width + BESIDE;
  const bottom = box.top + box.height;
  const at = (value) => bottom - ((value - low) / (high - low)) * box.height;
  context.save();
  context.setLineDash([]);
  fillWith(context, context.createLinearGradient(0, bottom, 0, box.top), theme);
  context.fillRect(left, box.top, THICK, box.height);
  context.fillStyle = lineColor(theme);
  for (const level of levels(scale)) context.fillRect(left, at(level) - LINE_WIDTH / 2, THICK, LINE_WIDTH);
  const { places, words } = colorTicks(scale);
  context.fillStyle = theme.palette.grid;
  for (const place of places) context.fillRect(left + THICK, Math.round(at(place) - 0.5), 3, 1);
  context.fillStyle = theme.palette.muted;
  places.forEach((place, i) => write(context, theme, words[i], left + THICK + 5, at(place), "left", ROOM));
  context.restore();
}

/** The same lying down, between `left` and `right`. */
function drawLying(context, left, right, scale, theme) {
  const { low, high } = scale;
  const at = (value) => left + ((value - low) / (high - low)) * (right - left);
  context.setLineDash([]);
  fillWith(context, context.createLinearGradient(left, 0, right, 0), theme);
  context.fillRect(left, 0, right - left, THICK);
  context.fillStyle = lineColor(theme);
  for (const level of levels(scale)) context.fillRect(at(level) - LINE_WIDTH / 2, 0, LINE_WIDTH, THICK);
  const { places, words } = colorTicks(scale);
  context.fillStyle = theme.palette.grid;
  for (const place of places) context.fillRect(Math.round(at(place) - 0.5), THICK, 1, 3);
  context.fillStyle = theme.palette.muted;
  places.forEach((place, i) => write(context, theme, words[i], at(place), THICK + 12, "center"));
}

/** One bar for several pictures whose equal colours are equal losses. */
export class ColorBar {
  constructor(words) {
    this.host = el("div", { class: "lv-scale-host" });
    this.node = el("div", { class: "lv-scale", hidden: true }, el("span", {}, words), this.host);
    this.layer = new Layer(this.host, "colors");
  }

  /** The scales of the pictures: alike, but for where their losses go beyond the colours. */
  show(scales, theme) {
    this.node.hidden = scales.length === 0;
    if (!scales.length) return;
    const some = (name) => scales.some((scale) => scale[name]);
    const { clientWidth, clientHeight } = this.host;
    this.layer.fit(clientWidth, clientHeight);
    const context = this.layer.clear();
    if (clientWidth < 100) return;
    drawLying(context, ROOM, clientWidth - ROOM, { ...scales[0], above: some("above"), below: some("below") }, theme);
  }
}
