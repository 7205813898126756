// The flat surface: colours and levels on a canvas of its own, axes, and a bar that explains the colours.

import { drawAxes, mapping, write } from "./axes.js";
import { colorTable, paintHeat } from "./heat.js";
import { drawMarks, drawMask } from "./mask.js";
import { colorTicks } from "./scale.js";
import { trail } from "./trail.js";

const MARGIN = { left: 52, right: 70, top: 10, bottom: 42 };
const LINES = { light: { line: [30, 36, 48], alpha: 0.3 }, dark: { line: [232, 234, 237], alpha: 0.28 } };
const LINE_WIDTH = 0.8;

const ends = ({ data }) => [data[0], data[data.length - 1]];
const differs = (range, home) => range.some((end, i) => Math.abs(end - home[i]) > 1e-9);

export class FlatSurface {
  /** `onView` is called when a person has zoomed. */
  constructor(layer, onView) {
    this.layer = layer;
    this.onView = onView;
    this.map = null;
    this.zoomed = null;
  }

  /** The zoom stays for as long as `uirevision` is the same. */
  show(surface, scale, theme, version) {
    this.home = { x: ends(surface.x), y: ends(surface.y) };
    if (surface.uirevision !== this.uirevision) this.zoomed = null;
    Object.assign(this, { surface, scale, theme, version, uirevision: surface.uirevision });
  }

  /** Take the map of the picture as it is now, and paint it where it has changed. */
  remap(size) {
    const { x, y } = this.zoomed ?? this.home;
    this.map = mapping(size, MARGIN, x, y);
    const wanted = JSON.stringify([this.version, this.layer.fits, x, y]);
    if (wanted === this.painted) return;
    this.painted = wanted;
    this.paint();
  }

  paint() {
    const context = this.layer.clear();
    const { map, scale, surface, theme } = this;
    if (!map) return;
    if (scale) {
      this.paintHeat(context);
      drawBar(context, map.box, scale, theme);
    }
    drawAxes(context, map, theme, { x: surface.xTitle, y: surface.yTitle, gridX: !scale, gridY: !scale });
  }

  paintHeat(context) {
    const { map, scale, surface, theme, layer } = this;
    const { density } = layer;
    const { left, top, width, height } = map.box;
    const [x0, y0] = [Math.round(left * density), Math.round(top * density)];
    const image = context.createImageData(Math.round(width * density), Math.round(height * density));
    const placeX = Float64Array.from({ length: image.width }, (_, i) => map.backX((x0 + i + 0.5) / density));
    const placeY = Float64Array.from({ length: image.height }, (_, j) => map.backY((y0 + j + 0.5) / density));
    const { low, high, step, values } = scale;
    paintHeat(image, { x: surface.x.data, y: surface.y.data, values }, placeX, placeY, {
      low, high, step, start: Math.ceil(low / step) * step, colors: colorTable(theme.scale),
      width: LINE_WIDTH * density, ...LINES[theme.mode],
    });
    context.putImageData(image, x0, y0);
  }

  /** Paint again even though nothing has changed: the page's font has come. */
  forget() {
    this.painted = null;
  }

  get box() {
    return this.map?.box ?? null;
  }

  trail(columns) {
    const { map } = this;
    const { x, y } = columns;
    return trail(columns.steps, columns.count, (row, out) => {
      out[0] = map.x(x[row]);
      out[1] = map.y(y[row]);
      return Number.isFinite(out[0]) && Number.isFinite(out[1]);
    });
  }

  /** What stands still above the picture. */
  drawStill(context, surface, scale, palette) {
    if (scale?.masked) drawMask(context, surface, this.map, palette);
    if (surface.marks) drawMarks(context, surface.marks, this.map, palette);
  }

  get moved() {
    return Boolean(this.zoomed)
      && (differs(this.zoomed.x, this.home.x) || differs(this.zoomed.y, this.home.y));
  }

  /** Look at a part: ranges of x and y. */
  zoom(x, y) {
    this.zoomed = { x, y };
    this.onView();
  }

  reset() {
    this.zoomed = null;
    this.onView();
  }
}

/** The bar of colours at the right of the box, with the levels on it and words beside it. */
function drawBar(context, box, scale, theme) {
  const { low, high, step } = scale;
  const left = box.left + box.width + 10;
  const bottom = box.top + box.height;
  const at = (value) => bottom - ((value - low) / (high - low)) * box.height;
  const paint = context.createLinearGradient(0, bottom, 0, box.top);
  for (const [place, color] of theme.scale) paint.addColorStop(place, color);
  context.save();
  context.setLineDash([]);
  context.fillStyle = paint;
  context.fillRect(left, box.top, 10, box.height);
  const { line, alpha } = LINES[theme.mode];
  context.fillStyle = `rgba(${line.join()},${alpha})`;
  for (let level = Math.ceil(low / step) * step; level <= high; level += step) {
    context.fillRect(left, at(level) - LINE_WIDTH / 2, 10, LINE_WIDTH);
  }
  const { places, words } = colorTicks(scale);
  context.fillStyle = theme.palette.grid;
  for (const place of places) context.fillRect(left + 10, Math.round(at(place) - 0.5), 3, 1);
  context.fillStyle = theme.palette.muted;
  places.forEach((place, i) => write(context, theme, words[i], left + 15, at(place), "left", MARGIN.right - 26));
  context.restore();
}
