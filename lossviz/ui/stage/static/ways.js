// Draw the contenders' ways, and their heads, on a surface, flat or not.

import { drawDiverged, drawHead, drawOutside, inside } from "./heads.js";
import { headAt, trace } from "./trail.js";

/**
 * `items` are {mark, way, diverged}; `time` is what is shown, `reach` how far the clock is (later than
 * `time` while a person looks back); everything is kept inside `box`.
 */
export function drawWays(context, items, box, ground, time, reach) {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  context.lineJoin = "round";
  context.lineCap = "butt";
  for (const { mark, way } of items) drawWay(context, mark, way, ground, time, reach);
  context.restore();
}

export function drawHeads(context, items, box, ground, time) {
  for (const item of items) drawItsHead(context, item, box, ground, time);
}

function drawWay(context, mark, way, ground, time, reach) {
  if (reach > time) {
    context.globalAlpha = 0.35;
    stroke(context, way, reach, time, mark.color, 1.6, []);
  }
  context.globalAlpha = 0.8;
  stroke(context, way, time, -Infinity, ground, 5, []);
  context.globalAlpha = 1;
  stroke(context, way, time, -Infinity, mark.color, 2.4, mark.dash);
}

function stroke(context, way, until, from, color, width, dash) {
  context.beginPath();
  trace(context, way, until, from);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
}

const spot = [0, 0, 0];

function drawItsHead(context, { mark, way, diverged }, box, ground, time) {
  if (!headAt(way, time, spot)) return;
  const [x, y] = spot;
  const ended = diverged && time >= way.time[way.size - 1];
  if (!inside(box, x, y)) {
    const [px, py] = drawOutside(context, mark, x, y, box, ground);
    if (ended) drawDiverged(context, mark, px + Math.sign(box.left + box.width / 2 - px) * 14, py, ground, 4.5);
  } else if (ended) drawDiverged(context, mark, x, y, ground);
  else drawHead(context, mark, x, y, ground);
}

/** Where each head is now, in pixels: what a test looks at. */
export function headPixels(items, time) {
  return items.flatMap(({ id, way }) => {
    const head = headAt(way, time, [0, 0, 0]);
    return head ? [{ id, x: head[0], y: head[1] }] : [];
  });
}
