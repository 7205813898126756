// A classifier's regions: one small image per step, scaled smoothly, with the data points over it.

import { el } from "./dom.js";

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** 256 colours from `from` to `to`, as the bytes of a canvas's pixels. */
function ramp(from, to) {
  const [a, b] = [channels(from), channels(to)];
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [red, green, blue] = a.map((start, k) => Math.round(start + ((b[k] - start) * i) / 255));
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
}

function mix(a, b, share) {
  const [from, to] = [channels(a), channels(b)];
  const hex = from.map((start, k) => Math.round(start + (to[k] - start) * share).toString(16).padStart(2, "0"));
  return `#${hex.join("")}`;
}

/** For two classes: probability to colour, palest where the classifier does not know. */
function twoClasses(theme) {
  const pale = theme.palette.background;
  const [zero, one] = theme.classes.map((color) => mix(pale, color, 0.62));
  const [down, up] = [ramp(pale, zero), ramp(pale, one)];
  return Uint32Array.from({ length: 256 }, (_, p) => (p < 128 ? down[255 - 2 * p] : up[2 * p - 255]));
}

export class Regions {
  constructor(predictions, theme) {
    this.data = predictions;
    this.theme = theme;
    const [, height, width] = predictions.values.shape;
    this.image = Object.assign(document.createElement("canvas"), { width, height });
    this.context = this.image.getContext("2d");
    this.pixels = this.context.createImageData(width, height);
    this.words = new Uint32Array(this.pixels.data.buffer);
    this.two = twoClasses(theme);
    this.many = theme.classes.map((color) => ramp(theme.palette.background, mix(theme.palette.background, color, 0.75)));
  }

  get axes() {
    const [x0, x1, y0, y1] = this.data.extent;
    return { x: [x0, x1], y: [y0, y1], xTitle: this.data.xTitle, yTitle: this.data.yTitle };
  }

  /** The image of one frame; the first row of the data is the lowest one of the picture. */
  paint(frames, row) {
    const { width, height } = this.image;
    const at = row * width * height;
    for (let j = 0; j < height; j += 1) {
      for (let i = 0; i < width; i += 1) {
        const cell = at + j * width + i;
        const value = frames.values[cell];
        const color = this.data.confidence
          ? this.many[value % this.many.length][frames.confidence[cell]] : this.two[value];
        this.words[(height - 1 - j) * width + i] = color;
      }
    }
    this.context.putImageData(this.pixels, 0, 0);
  }

  draw(context, map, frames, row) {
    this.paint(frames, row);
    const { x, y } = this.axes;
    const { width, height } = this.image;
    const halfX = (x[1] - x[0]) / (width - 1) / 2; // the samples are the middles of the image's pixels
    const halfY = (y[1] - y[0]) / (height - 1) / 2;
    const [left, right] = [map.x(x[0] - halfX), map.x(x[1] + halfX)];
    const [top, bottom] = [map.y(y[1] + halfY), map.y(y[0] - halfY)];
    context.save();
    context.beginPath();
    context.rect(map.box.left, map.box.top, map.box.width, map.box.height);
    context.clip();
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "medium";
    context.drawImage(this.image, left, top, right - left, bottom - top);
    if (!this.data.confidence) this.drawBoundary(context, map, frames, row);
    context.restore();
  }

  /** The line where both classes are equally likely, cell by cell (marching squares). */
  drawBoundary(context, map, frames, row) {
    const { width, height } = this.image;
    const { x, y } = this.axes;
    const px = (i) => map.x(x[0] + ((x[1] - x[0]) * i) / (width - 1));
    const py = (j) => map.y(y[0] + ((y[1] - y[0]) * j) / (height - 1));
    const at = row * width * height;
    const side = (i, j) => frames.values[at + j * width + i] - 127.5;
    context.beginPath();
    for (let j = 0; j + 1 < height; j += 1) {
      for (let i = 0; i + 1 < width; i += 1) {
        const corners = [side(i, j), side(i + 1, j), side(i + 1, j + 1), side(i, j + 1)];
        const cuts = crossings(corners, i, j);
        for (let k = 0; k + 1 < cuts.length; k += 2) {
          context.moveTo(px(cuts[k][0]), py(cuts[k][1]));
          context.lineTo(px(cuts[k + 1][0]), py(cuts[k + 1][1]));
        }
      }
    }
    context.strokeStyle = this.theme.palette.text;
    context.lineWidth = 1.4;
    context.stroke();
  }

  /** Points of the training set filled, of the test set hollow. */
  drawPoints(context, map) {
    const { x, y, label, test } = this.data.points;
    for (let i = 0; i < x.data.length; i += 1) {
      const color = this.theme.classes[label.data[i] % this.theme.classes.length];
      drawPoint(context, map.x(x.data[i]), map.y(y.data[i]), color, test.data[i], this.theme.palette);
    }
  }

  legend(text) {
    const swatches = this.data.classes.map((name, k) =>
      el("span", { class: "lv-class" }, el("i", { style: `background:${this.theme.classes[k % this.theme.classes.length]}` }), name));
    return [...swatches, ...splits(this.data.points, text)];
  }
}

function crossings([a, b, c, d], i, j) {
  if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) return [];
  const cuts = [];
  if (a > 0 !== b > 0) cuts.push([i + a / (a - b), j]);
  if (b > 0 !== c > 0) cuts.push([i + 1, j + b / (b - c)]);
  if (c > 0 !== d > 0) cuts.push([i + d / (d - c), j + 1]);
  if (d > 0 !== a > 0) cuts.push([i, j + a / (a - d)]);
  return cuts;
}

export function drawPoint(context, x, y, color, hollow, palette) {
  context.beginPath();
  context.arc(x, y, hollow ? 3.1 : 3.3, 0, 2 * Math.PI);
  context.fillStyle = hollow ? palette.background : color;
  context.fill();
  context.lineWidth = hollow ? 1.7 : 1;
  context.strokeStyle = hollow ? color : palette.background;
  context.stroke();
}

/** "filled: training, hollow: test", only where there are both. */
export function splits({ test }, text) {
  if (!test.data.includes(1) || !test.data.includes(0)) return [];
  const swatch = (kind, words) => el("span", { class: "lv-class" }, el("i", { class: kind }), words);
  return [swatch("lv-filled", text.train), swatch("lv-hollow", text.test)];
}
