// Many thin ways of every contender. The past stands on a canvas of its own, to which each frame only
// adds; the pieces that still move, and the heads, are drawn afresh.

import { inside } from "./heads.js";
import { headAt } from "./trail.js";

const APART = 1; // pixels; points of a way closer than this to the last one are left out
const FAR = 20000;
const HEAD = 2; // half a side

const near = (pixel) => Math.min(Math.max(pixel, -FAR), FAR);

export class Fans {
  constructor(layer) {
    this.layer = layer;
    this.items = [];
  }

  /** New pixels: `fans` are {id, mark, fan} of the contenders that are shown, `view` places them. */
  remap(fans, view) {
    this.box = view.box;
    this.items = this.box ? fans.map(({ id, mark, fan }) => ({ id, mark, ways: waysOf(fan, view) })) : [];
    this.layer.canvas.style.visibility = this.items.length ? "" : "hidden"; // an empty canvas too has to be put together
    // The more there are, the paler each: the surface is still to be seen.
    const count = this.items.reduce((sum, { ways }) => sum + ways.length, 0);
    this.layer.canvas.style.opacity = Math.max(0.28, 0.6 * Math.min(1, 24 / count) ** 0.25).toFixed(2);
    this.restart();
  }

  restart() {
    this.until = -Infinity;
    for (const { ways } of this.items) for (const way of ways) way.done = 0;
    this.layer.context.restore(); // the box of the last time no longer holds
    const context = this.layer.clear();
    context.save();
    if (!this.box) return;
    const { left, top, width, height } = this.box;
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip(); // for all that is added until the next restart
  }

  /** Everything up to `time`; `moving` is the canvas that is drawn afresh on every frame. */
  draw(moving, time, ground) {
    if (!this.items.length) return;
    if (time < this.until) this.restart();
    this.until = time;
    for (const { mark, ways } of this.items) extend(this.layer.context, mark.color, ways, time);
    const { left, top, width, height } = this.box;
    moving.save();
    moving.beginPath();
    moving.rect(left, top, width, height);
    moving.clip();
    moving.setLineDash([]);
    for (const { mark, ways } of this.items) drawEnds(moving, mark.color, ways, time, ground);
    moving.restore();
  }

  heads(time) {
    return this.items.flatMap(({ id, ways }) => ways.flatMap((way) => {
      const head = headAt(way, time, [0, 0, 0]);
      return head && inside(this.box, head[0], head[1]) ? [{ id, x: head[0], y: head[1] }] : [];
    }));
  }
}

const spot = [0, 0, 0];

function waysOf({ x, y, steps }, view) {
  const [starts, rows] = x.shape;
  return Array.from({ length: starts }, (_, i) =>
    wayOf(x.data.subarray(i * rows, (i + 1) * rows), y.data.subarray(i * rows, (i + 1) * rows), steps.data, view));
}

/** On a landscape a way ends where it leaves the surface, as there is no height for it. */
function wayOf(xs, ys, steps, view) {
  const way = { x: new Float32Array(xs.length), y: new Float32Array(xs.length),
    time: new Float32Array(xs.length), size: 0, done: 0 };
  for (let row = 0; row < xs.length; row += 1) {
    if (!view.place(xs[row], ys[row], null, spot)) break;
    const [px, py] = [near(spot[0]), near(spot[1])];
    const last = way.size - 1;
    const inner = last > 0 && row < xs.length - 1;
    if (inner && Math.abs(px - way.x[last]) + Math.abs(py - way.y[last]) < APART) continue;
    way.x[way.size] = px;
    way.y[way.size] = py;
    way.time[way.size] = steps[row];
    way.size += 1;
  }
  return way;
}

/** Add the whole pieces that have been walked since the last time. */
function extend(context, color, ways, time) {
  context.beginPath();
  let some = false;
  for (const way of ways) {
    let at = way.done;
    while (at + 1 < way.size && way.time[at + 1] <= time) at += 1;
    if (at === way.done) continue;
    context.moveTo(way.x[way.done], way.y[way.done]);
    for (let i = way.done + 1; i <= at; i += 1) context.lineTo(way.x[i], way.y[i]);
    way.done = at;
    some = true;
  }
  if (!some) return;
  context.strokeStyle = color;
  context.lineWidth = 1.1;
  context.lineJoin = "round";
  context.stroke();
}

/** The pieces on which the heads are now, and the heads: small squares, of all shapes the fastest. */
function drawEnds(context, color, ways, time, ground) {
  const heads = [];
  context.beginPath();
  for (const way of ways) {
    if (!headAt(way, time, spot)) continue;
    const [x, y] = spot;
    context.moveTo(way.x[way.done], way.y[way.done]);
    context.lineTo(x, y);
    heads.push(Math.round(x), Math.round(y));
  }
  context.globalAlpha = 0.55;
  context.strokeStyle = color;
  context.lineWidth = 1.1;
  context.stroke();
  context.globalAlpha = 1;
  for (const [style, reach] of [[ground, HEAD + 1], [color, HEAD]]) {
    context.fillStyle = style;
    for (let i = 0; i < heads.length; i += 2) {
      context.fillRect(heads[i] - reach, heads[i + 1] - reach, 2 * reach, 2 * reach);
    }
  }
}
