// The flat surface: Plotly's contour plot, and our map from the plane to pixels.

import { axis, baseLayout, mapping } from "./axes.js";
import { drawMarks, drawMask } from "./mask.js";
import { Plot } from "./plot.js";
import { colorTicks, rows } from "./scale.js";
import { trail } from "./trail.js";

const ends = (column) => [column.data[0], column.data[column.data.length - 1]];

export class FlatSurface {
  constructor(plotly, host, onView) {
    this.plot = new Plot(plotly, host, onView);
    this.map = null;
  }

  show(surface, scale, theme, version) {
    this.home = { x: ends(surface.x), y: ends(surface.y) };
    const coarse = matchMedia("(pointer: coarse)").matches;
    const layout = {
      ...baseLayout(theme),
      margin: { l: 52, r: 62, t: 10, b: 42, autoexpand: false },
      xaxis: axis(theme, surface.xTitle, { range: [...this.home.x], showgrid: !scale }),
      yaxis: axis(theme, surface.yTitle, { range: [...this.home.y], showgrid: !scale }),
      dragmode: coarse ? false : "zoom",
      hovermode: false,
      uirevision: surface.uirevision,
    };
    const none = [{ type: "scatter", x: [], y: [] }];
    return this.plot.show(version, () => (scale ? [contour(surface, scale, theme)] : none), layout);
  }

  /** Take the map of the picture as it is now. */
  remap() {
    this.map = mapping(this.plot.node);
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

  /** What stands still above Plotly's picture. */
  drawStill(context, surface, scale, palette) {
    if (scale?.masked) drawMask(context, surface, this.map, palette);
    if (surface.marks) drawMarks(context, surface.marks, this.map, palette);
  }

  get moved() {
    const { xaxis, yaxis } = this.plot.node.layout ?? {};
    if (!xaxis) return false;
    const differs = (range, home) => range.some((end, i) => Math.abs(end - home[i]) > 1e-9);
    return differs(xaxis.range, this.home.x) || differs(yaxis.range, this.home.y);
  }

  reset() {
    const { x, y } = this.home;
    return this.plot.plotly.relayout(this.plot.node, { "xaxis.range": [...x], "yaxis.range": [...y] });
  }

  destroy() {
    this.plot.destroy();
  }
}

function contour(surface, scale, theme) {
  const { low, high, step } = scale;
  const { mode, palette } = theme;
  const { places, words } = colorTicks(scale);
  return {
    type: "contour",
    x: surface.x.data,
    y: surface.y.data,
    z: rows(scale.values, surface.x.data.length),
    zauto: false,
    zmin: low,
    zmax: high,
    colorscale: theme.scale,
    autocontour: false,
    contours: { coloring: "heatmap", start: Math.ceil(low / step) * step, end: high, size: step },
    line: { width: 0.7, color: mode === "dark" ? "rgba(232,234,237,.28)" : "rgba(30,36,48,.30)" },
    connectgaps: false,
    hoverinfo: "skip",
    colorbar: {
      thickness: 10, outlinewidth: 0, x: 1, xpad: 10, ypad: 0, len: 1,
      tickvals: places, ticktext: words, ticks: "outside", ticklen: 3, tickcolor: palette.grid,
      tickfont: { size: 11, color: palette.muted },
    },
  };
}
