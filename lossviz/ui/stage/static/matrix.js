// A matrix as colours at the step shown: blue below zero, orange above, as far on both sides.

import { number } from "./format.js";

const EDGE = 0.5;
const BAR = { width: 10, room: 66 };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** 255 colours from the one end over the ground to the other, as the bytes of a canvas's pixels. */
function diverging(from, middle, to) {
  const [a, b, c] = [from, middle, to].map(channels);
  return Uint32Array.from({ length: 255 }, (_, i) => {
    const share = Math.abs(i - 127) / 127;
    const end = i < 127 ? a : c;
    const [red, green, blue] = b.map((start, k) => Math.round(start + (end[k] - start) * share));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

const packed = (hex) => {
  const [red, green, blue] = channels(hex);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
};

export class Matrix {
  axes = null;

  constructor(matrix, theme) {
    Object.assign(this, { data: matrix, theme });
    const [rows, height, width] = matrix.values.shape;
    Object.assign(this, { height, width, still: rows === 1 });
    this.bound = matrix.bound ?? largest(matrix.values.data);
    // Blue and vermilion of the marks: told apart by every kind of colour vision.
    this.ends = [theme.marks[1].color, theme.marks[0].color];
    this.colors = diverging(this.ends[0], theme.palette.background, this.ends[1]);
    this.masked = packed(theme.palette.masked);
    this.image = Object.assign(document.createElement("canvas"), { width, height });
    this.context = this.image.getContext("2d");
    this.pixels = this.context.createImageData(width, height);
    this.words = new Uint32Array(this.pixels.data.buffer);
  }

  drawPoints() {}

  /** The cells of one step, one pixel each. */
  paint(row) {
    const size = this.width * this.height;
    const { data } = this.data.values;
    for (let i = 0; i < size; i += 1) {
      const value = data[row * size + i];
      const place = Math.round(127 * (1 + Math.min(Math.max(value / this.bound, -1), 1)));
      this.words[i] = Number.isFinite(value) ? this.colors[place] : this.masked;
    }
    this.context.putImageData(this.pixels, 0, 0);
  }

  /** Where the cells are: as square as they can be, at most 4 to 1. */
  frame({ width, height }) {
    const room = { left: 34, top: 6, right: BAR.room + 12, bottom: 22 };
    const wide = width - room.left - room.right;
    const high = height - room.top - room.bottom;
    const cell = Math.min(wide / this.width, high / this.height);
    const across = Math.min(wide / this.width, 4 * cell);
    const up = Math.min(high / this.height, 4 * cell);
    const box = { width: across * this.width, height: up * this.height };
    return { left: room.left + (wide - box.width) / 2, top: room.top + (high - box.height) / 2, ...box };
  }

  draw(context, place, frames, row) {
    const box = this.frame(place);
    if (!(box.width > 4 && box.height > 4)) return;
    this.paint(row);
    const { palette } = this.theme;
    context.save();
    // Cells keep their edges, unless there are more of them than pixels.
    context.imageSmoothingEnabled = this.width > box.width || this.height > box.height;
    context.drawImage(this.image, box.left, box.top, box.width, box.height);
    context.strokeStyle = palette.grid;
    context.lineWidth = 1;
    context.strokeRect(box.left - EDGE, box.top - EDGE, box.width + 2 * EDGE, box.height + 2 * EDGE);
    this.drawBar(context, box);
    this.drawTitles(context, box);
    context.restore();
  }

  drawBar(context, { left, top, width, height }) {
    const { palette, font } = this.theme;
    const x = left + width + 14;
    const paint = context.createLinearGradient(0, top + height, 0, top);
    [this.ends[0], palette.background, this.ends[1]].forEach((color, i) => paint.addColorStop(i / 2, color));
    context.fillStyle = paint;
    context.fillRect(x, top, BAR.width, height);
    context.strokeRect(x - EDGE, top - EDGE, BAR.width + 2 * EDGE, height + 2 * EDGE);
    context.fillStyle = palette.muted;
    context.font = `11px ${font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const words = [[number(this.bound, "", 3), 0], ["0", 0.5], [number(-this.bound, "", 3), 1]];
    for (const [word, share] of words) {
      context.fillText(word, x + BAR.width + 5, Math.min(Math.max(top + share * height, top + 5), top + height - 5));
    }
  }

  drawTitles(context, { left, top, width, height }) {
    const { palette, font } = this.theme;
    const { xTitle, yTitle } = this.data;
    context.fillStyle = palette.muted;
    context.font = `12px ${font}`;
    context.textAlign = "center";
    context.fillText(xTitle, left + width / 2, top + height + 13);
    context.translate(left - 14, top + height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(yTitle, 0, 0);
  }

  at(px, py, place, row, text) {
    const box = this.frame(place);
    const column = Math.floor(((px - box.left) / box.width) * this.width);
    const line = Math.floor(((py - box.top) / box.height) * this.height);
    if (!(column >= 0 && column < this.width && line >= 0 && line < this.height)) return null;
    const value = this.data.values.data[(row * this.height + line) * this.width + column];
    const { xTitle, yTitle } = this.data;
    return [[number(value, text.notFinite)], [`${yTitle || text.row} ${line}, ${xTitle || text.column} ${column}`]];
  }

  legend() {
    return [];
  }
}

function largest(data) {
  const most = data.reduce((high, value) => {
    const size = Math.abs(value);
    return Number.isFinite(size) && size > high ? size : high;
  }, 0);
  return most || 1;
}
