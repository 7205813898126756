// A way in pixels: built once per view, then drawn up to any time at the cost of its visible part.

import { indexAt } from "./columns.js";

const FAR = 20000; // beyond this a canvas loses precision; directions stay right

const near = (pixel) => Math.min(Math.max(pixel, -FAR), FAR);

/**
 * `steps` and `count` of a series, and `place(i, out)` that puts the pixel of row i into out and says
 * whether it is finite. Points closer than half a pixel to the one before are left out; the way ends
 * before its first non-finite point.
 */
export function trail(steps, count, place) {
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const time = new Float32Array(count);
  const out = [0, 0];
  let size = 0;
  for (let row = 0; row < count; row += 1) {
    if (!place(row, out)) break;
    const px = near(out[0]);
    const py = near(out[1]);
    const inner = size > 1 && row < count - 1;
    if (inner && Math.abs(px - x[size - 1]) + Math.abs(py - y[size - 1]) < 0.5) continue;
    x[size] = px;
    y[size] = py;
    time[size] = steps[row];
    size += 1;
  }
  return { x, y, time, size };
}

/** Where the way is at `time`: between two points the straight line; null before it begins. */
export function headAt(way, time, out) {
  const at = indexAt(way.time, way.size, time);
  if (at < 0) return null;
  const next = Math.min(at + 1, way.size - 1);
  const span = way.time[next] - way.time[at];
  const share = span > 0 ? (time - way.time[at]) / span : 0;
  out[0] = way.x[at] + share * (way.x[next] - way.x[at]);
  out[1] = way.y[at] + share * (way.y[next] - way.y[at]);
  out[2] = at;
  return out;
}

/** Add the way from `from` to `until` to the context's current path. */
export function trace(context, way, until, from = -Infinity) {
  const head = headAt(way, until, [0, 0, 0]);
  if (!head) return;
  const first = Math.max(indexAt(way.time, way.size, from), 0);
  context.moveTo(way.x[first], way.y[first]);
  for (let i = first + 1; i <= head[2]; i += 1) context.lineTo(way.x[i], way.y[i]);
  context.lineTo(head[0], head[1]);
}

/** The time at which the way passes nearest to (px, py), with the distance in pixels. */
export function nearest(way, px, py) {
  let best = { distance: Infinity, time: 0 };
  for (let i = 0; i < way.size; i += 1) {
    const next = Math.min(i + 1, way.size - 1);
    const dx = way.x[next] - way.x[i];
    const dy = way.y[next] - way.y[i];
    const length = dx * dx + dy * dy;
    const along = ((px - way.x[i]) * dx + (py - way.y[i]) * dy) / length;
    const share = length > 0 ? Math.min(Math.max(along, 0), 1) : 0;
    const distance = Math.hypot(way.x[i] + share * dx - px, way.y[i] + share * dy - py);
    if (distance < best.distance) {
      best = { distance, time: way.time[i] + share * (way.time[next] - way.time[i]) };
    }
  }
  return best;
}
