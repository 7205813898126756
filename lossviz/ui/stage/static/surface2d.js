// The flat surface: colours and levels on a canvas of its own, axes, and a bar that explains the colours.

import { drawAxes, mapping } from "./axes.js";
import { drawBar, LINES, LINE_WIDTH } from "./colorbar.js";
import { colorTable, paintHeat } from "./heat.js";
import { drawMask } from "./mask.js";
import { drawMarks } from "./points.js";
import { trail } from "./trail.js";

const MARGIN = { left: 52, right: 70, top: 10, bottom: 42 };
const NO_BAR = { ...MARGIN, right: 14 };

const ends = ({ data }) => [data[0], data[data.length - 1]];
const differs = (range, home) => range.some((end, i) => Math.abs(end - home[i]) > 1e-9);

export class FlatSurface {
  /** `onView` is called when a person has zoomed. */
  constructor(layer, onView) {
    this.layer = layer;
    this.onView = onView;
    this.map = null;
    this.zoomed = null;
    this.bar = true; // whether the colours are explained here, and not once for several pictures
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
    this.map = mapping(size, this.bar ? MARGIN : NO_BAR, x, y);
    const wanted = JSON.stringify([this.version, this.layer.fits, this.bar, x, y]);
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
      if (this.bar) drawBar(context, map.box, scale, theme);
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
    const { x, y } = columns;
    return trail(columns.steps, columns.count, (row, out) => this.place(x[row], y[row], null, out));
  }

  /** The pixel of a point of the plane, in `out`. */
  place(x, y, height, out) {
    out[0] = this.map.x(x);
    out[1] = this.map.y(y);
    return Number.isFinite(out[0]) && Number.isFinite(out[1]);
  }

  /** What stands still above the picture. */
  drawStill(context, surface, scale, palette) {
    if (scale?.masked) drawMask(context, surface, this.map, palette);
    if (surface.marks && !surface.markLabels.length) drawMarks(context, surface.marks, this, palette);
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
