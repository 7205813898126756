// A regression of several inputs: the predicted over the actual values, one dot for each sample.

import { padded } from "./fit.js";
import { drawPoint, splits } from "./regions.js";

export class Parity {
  constructor(predictions, theme, color) {
    this.data = predictions;
    this.theme = theme;
    this.color = color;
    // The data decide both ranges: predictions that run away leave the picture, the line stays.
    this.ends = padded(predictions.actual.data);
    this.axes = { x: this.ends, y: this.ends, xTitle: predictions.xTitle, yTitle: predictions.yTitle };
  }

  draw() {}

  /** What stands still: the line on which predictions are exact. */
  drawPoints(context, map) {
    const [low, high] = this.ends;
    context.beginPath();
    context.moveTo(map.x(low), map.y(low));
    context.lineTo(map.x(high), map.y(high));
    context.lineWidth = 1.5;
    context.strokeStyle = this.theme.palette.muted;
    context.stroke();
  }

  drawOver(context, map, frames, row) {
    const { actual, test } = this.data;
    const count = actual.data.length;
    const { box } = map;
    let away = 0;
    context.save();
    context.beginPath();
    context.rect(box.left - 4, box.top - 4, box.width + 8, box.height + 8);
    context.clip();
    for (let i = 0; i < count; i += 1) {
      const value = frames.values[row * count + i];
      if (!(value >= this.ends[0] && value <= this.ends[1])) away += 1;
      if (Number.isFinite(value)) {
        drawPoint(context, map.x(actual.data[i]), map.y(value), this.color, test.data[i], this.theme.palette);
      }
    }
    context.restore();
    return { away, count };
  }

  legend(text) {
    return splits(this.data, text);
  }
}
