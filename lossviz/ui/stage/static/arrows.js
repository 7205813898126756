// Arrows and rates at the heads. Every kind has one scale for all contenders, which is written down.

import { inside } from "./heads.js";

export const KINDS = ["gradient", "momentum", "step", "rates"];
/** A scale is kept while the longest arrow is within these pixels, so that it does not flicker. */
const KEEP = { arrows: [16, 150], rates: [9, 50] };
const WANTED = 90;
/** The length of the sample that explains the rates' scale. */
export const SAMPLE = 24;
const STYLE = {
  gradient: { width: 1.6, dash: [4, 3], tip: "open" },
  momentum: { width: 2.6, dash: [], tip: "hollow" },
  step: { width: 1.8, dash: [], tip: "filled" },
};

/** The largest of 1, 2, 5 times a power of ten that is at most `value`. */
export function roundDown(value) {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-12);
  const front = [5, 2, 1].find((part) => part * power <= value * (1 + 1e-9)) ?? 1;
  return Number((front * power).toPrecision(3));
}

/** The scale to draw with, given the longest arrow at scale 1 in pixels and the scale so far. */
export function scaleFor(longest, before, kind) {
  if (!(longest > 0) || !Number.isFinite(longest)) return before;
  const [least, most] = KEEP[kind];
  const fits = (scale, low, high) => longest * scale >= low && longest * scale <= high;
  if (before !== undefined && fits(before, least, most)) return before;
  // A round rate is as long as the sample; arrows take their true length where that can be seen.
  if (kind === "rates") return SAMPLE / roundDown(1.25 * longest);
  return fits(1, 2 * least, WANTED) ? 1 : roundDown(WANTED / longest);
}

export class Arrows {
  scales = new Map();

  /** The vectors of one kind to draw at `time`: {mark, x, y, dx, dy} in pixels at scale 1. */
  vectors(kind, items, vectors, map, time) {
    const across = map.box.width / (map.rangeX[1] - map.rangeX[0]);
    const up = map.box.height / (map.rangeY[1] - map.rangeY[0]);
    return items.flatMap(({ id, mark, columns }) => {
      const given = vectors.get(`${kind}\n${id}`);
      const row = columns.at(time);
      if (!given || row < 0 || row >= given.x.data.length) return [];
      const [vx, vy] = [given.x.data[row], given.y.data[row]];
      const [x, y] = [map.x(columns.x[row]), map.y(columns.y[row])];
      if (![vx, vy, x, y].every(Number.isFinite) || !inside(map.box, x, y)) return [];
      const [dx, dy] = kind === "rates" ? [vx, vy] : [vx * across, -vy * up];
      return [{ id, mark, x, y, dx, dy }];
    });
  }

  /** Draw what is on; gives [kind, scale] of each, for the words beside the picture. */
  draw(context, on, items, vectors, map, time, ground) {
    context.save();
    context.beginPath();
    context.rect(map.box.left, map.box.top, map.box.width, map.box.height);
    context.clip();
    this.drawn = [];
    for (const kind of KINDS.filter((one) => on.has(one))) {
      const list = this.vectors(kind, items, vectors, map, time);
      const length = kind === "rates" ? ({ dx, dy }) => Math.max(dx, dy) : ({ dx, dy }) => Math.hypot(dx, dy);
      const longest = Math.max(0, ...list.map(length));
      const scale = scaleFor(longest, this.scales.get(kind), kind === "rates" ? "rates" : "arrows");
      if (scale !== undefined) this.scales.set(kind, scale);
      for (const one of list) this.drawOne(context, kind, one, scale, ground);
    }
    context.restore();
  }

  drawOne(context, kind, { id, mark, x, y, dx, dy }, scale, ground) {
    if (scale === undefined) return;
    this.drawn.push({ id, kind, x, y, dx: dx * scale, dy: dy * scale });
    if (kind === "rates") drawCross(context, x, y, dx * scale, dy * scale, mark.color, ground);
    else drawArrow(context, x, y, dx * scale, dy * scale, { ...STYLE[kind], color: mark.color, ground });
  }
}

/** An arrow from (x, y) with a halo. Too short for a tip, it is drawn as its bare line. */
function drawArrow(context, x, y, dx, dy, { width, dash, tip, color, ground }) {
  const length = Math.hypot(dx, dy);
  if (length < 1) return;
  const size = Math.min(9, 0.6 * length);
  const end = tip === "open" ? length : length - 0.8 * size;
  context.save();
  context.translate(x, y);
  context.rotate(Math.atan2(dy, dx));
  context.lineCap = "round";
  context.lineJoin = "round";
  const shaft = new Path2D();
  shaft.moveTo(0, 0);
  shaft.lineTo(end, 0);
  const point = new Path2D();
  point.moveTo(length - size, -0.55 * size);
  point.lineTo(length, 0);
  point.lineTo(length - size, 0.55 * size);
  if (tip !== "open") point.closePath();
  context.strokeStyle = ground;
  context.lineWidth = width + 3;
  context.stroke(shaft);
  context.stroke(point);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke(shaft);
  context.setLineDash([]);
  context.fillStyle = tip === "hollow" ? ground : color;
  if (tip !== "open") context.fill(point);
  context.lineWidth = tip === "open" ? width + 0.4 : 1.4;
  context.stroke(point);
  context.restore();
}

/** Two arms through (x, y), each as long to either side as its rate. */
function drawCross(context, x, y, across, up, color, ground) {
  context.save();
  context.lineCap = "butt";
  const arms = new Path2D();
  arms.moveTo(x - across, y);
  arms.lineTo(x + across, y);
  arms.moveTo(x, y - up);
  arms.lineTo(x, y + up);
  for (const [px, py, sx, sy] of [[across, 0, 0, 4], [-across, 0, 0, 4], [0, up, 4, 0], [0, -up, 4, 0]]) {
    arms.moveTo(x + px - sx, y + py - sy);
    arms.lineTo(x + px + sx, y + py + sy);
  }
  for (const [width, style] of [[5, ground], [2, color]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke(arms);
  }
  context.restore();
}

/** The small picture of a kind in the words beside the picture. */
export function drawSample(canvas, kind, color, ground) {
  const density = window.devicePixelRatio || 1;
  const [width, height] = [SAMPLE + 4, 12];
  canvas.width = width * density;
  canvas.height = height * density;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  if (kind !== "rates") {
    drawArrow(context, 2, height / 2, SAMPLE, 0, { ...STYLE[kind], color, ground });
    return;
  }
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(2, height / 2);
  context.lineTo(2 + SAMPLE, height / 2);
  for (const x of [2, 2 + SAMPLE]) {
    context.moveTo(x, height / 2 - 4);
    context.lineTo(x, height / 2 + 4);
  }
  context.stroke();
}
