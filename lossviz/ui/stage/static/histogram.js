// How often numbers fall into bins, at the step shown; the first step stays as an outline.

import { number } from "./format.js";
import { lineSample } from "./strands.js";
import { ticks } from "./ticks.js";

export class Histogram {
  constructor(histogram, theme, color) {
    Object.assign(this, { data: histogram, theme, color });
    const { edges, steps } = histogram;
    this.bins = edges.data.length - 1;
    this.still = steps.data.length === 1;
    this.axes = { x: [edges.data[0], edges.data[this.bins]], y: [0, this.top()], xTitle: histogram.xTitle,
      yTitle: histogram.yTitle, gridY: true, ...(histogram.log ? { up: this.counts() } : {}) };
  }

  /** A count's height: on a log axis an empty bin stands at 0, and one more is seen. */
  height(count) {
    return this.data.log ? Math.log10(1 + count) : count;
  }

  top() {
    const most = this.data.counts.data.reduce((high, count) => (count > high ? count : high), 0);
    return 1.06 * this.height(most) || 1;
  }

  /** Words for a log axis. */
  counts() {
    const top = this.top();
    const { places, words } = ticks(0, top, true, 5);
    const heights = places.map((place) => this.height(10 ** place));
    const seen = (list) => list.filter((_, i) => heights[i] <= top);
    return { places: [0, ...seen(heights)], words: ["0", ...seen(words)] };
  }

  row(row) {
    return this.data.counts.data.subarray(row * this.bins, (row + 1) * this.bins);
  }

  drawPoints() {}

  draw() {}

  drawOver(context, map, frames, row) {
    const { edges } = this.data;
    const floor = map.y(0);
    const counts = this.row(row);
    context.save();
    context.fillStyle = this.color;
    context.globalAlpha = 0.72;
    for (let i = 0; i < this.bins; i += 1) {
      const [left, right] = [map.x(edges.data[i]), map.x(edges.data[i + 1])];
      const top = map.y(this.height(counts[i]));
      const gap = right - left > 4 ? 1 : 0;
      if (counts[i] > 0) context.fillRect(left, Math.min(top, floor - 1), right - left - gap, Math.max(floor - top, 1));
    }
    context.restore();
    if (!this.still) this.drawOutline(context, map);
  }

  drawOutline(context, map) {
    const { edges } = this.data;
    const first = this.row(0);
    context.save();
    context.beginPath();
    context.moveTo(map.x(edges.data[0]), map.y(0));
    for (let i = 0; i < this.bins; i += 1) {
      const y = map.y(this.height(first[i]));
      context.lineTo(map.x(edges.data[i]), y);
      context.lineTo(map.x(edges.data[i + 1]), y);
    }
    context.lineTo(map.x(edges.data[this.bins]), map.y(0));
    context.lineWidth = 1.2;
    context.strokeStyle = this.theme.palette.muted;
    context.stroke();
    context.restore();
  }

  at(px, py, map, row) {
    const { box } = map;
    if (px < box.left || px > box.left + box.width || py < box.top || py > box.top + box.height) return null;
    const { edges, yTitle } = this.data;
    const wanted = map.backX(px);
    const bin = Math.max(edges.data.findLastIndex((edge, i) => edge <= wanted && i < this.bins), 0);
    const count = this.row(row)[bin];
    return [[`${number(edges.data[bin], "", 3)} … ${number(edges.data[bin + 1], "", 3)}`],
      [`${yTitle} ${Number.isInteger(count) ? count : number(count)}`, this.color]];
  }

  legend(text) {
    return this.still ? [] : [lineSample(text.firstRow, this.theme.palette.muted)];
  }
}
