// A regression's curve over its data.

import { el } from "./dom.js";
import { drawPoint, splits } from "./regions.js";

const finite = (column) => column.filter((value) => Number.isFinite(value));

export function padded(values) {
  const kept = finite(values);
  if (!kept.length) return [0, 1];
  const low = kept.reduce((a, b) => Math.min(a, b), Infinity);
  const high = kept.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = 0.12 * (high - low) || 0.5;
  return [low - room, high + room];
}

export class Fit {
  constructor(predictions, theme, color) {
    this.data = predictions;
    this.theme = theme;
    this.color = color;
    const { x, points } = predictions;
    // The data decide the vertical range: a fit that runs away leaves the picture, the data stay.
    this.axes = { x: [x.data[0], x.data[x.data.length - 1]], y: padded(points.y.data),
      xTitle: predictions.xTitle, yTitle: predictions.yTitle };
  }

  draw() {}

  drawPoints(context, map) {
    const { x, y, test } = this.data.points;
    const color = this.theme.classes[0];
    for (let i = 0; i < x.data.length; i += 1) {
      drawPoint(context, map.x(x.data[i]), map.y(y.data[i]), color, test.data[i], this.theme.palette);
    }
  }

  /** The curve lies above the points. */
  drawOver(context, map, frames, row) {
    const xs = this.data.x.data;
    const { box } = map;
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    context.beginPath();
    const [low, high] = this.axes.y;
    let open = false;
    let away = 0;
    for (let i = 0; i < xs.length; i += 1) {
      const value = frames.values[row * xs.length + i];
      if (!(value >= low && value <= high)) away += 1;
      if (!Number.isFinite(value)) open = false;
      else {
        const y = Math.min(Math.max(map.y(value), -20000), 20000);
        context[open ? "lineTo" : "moveTo"](map.x(xs[i]), y);
        open = true;
      }
    }
    context.lineJoin = "round";
    for (const [width, color] of [[5, this.theme.palette.background], [2.4, this.color]]) {
      context.lineWidth = width;
      context.strokeStyle = color;
      context.stroke();
    }
    context.restore();
    return { away, count: xs.length };
  }

  legend(text) {
    const line = el("span", { class: "lv-class" }, el("i", { class: "lv-dash", style: `background:${this.color}` }), text.predicted);
    return [line, ...splits(this.data.points, text)];
  }
}
