// Points of the plane that stand still: known ones, and where runs start.

import { inside } from "./heads.js";

/** The pixels of `points` (n, 2) where `view` places them, as far as they are seen. */
function placed(points, view) {
  const { data } = points;
  const out = [0, 0];
  const seen = [];
  for (let i = 0; i < data.length; i += 2) {
    if (view.place(data[i], data[i + 1], null, out) && inside(view.box, ...out)) seen.push([...out]);
  }
  return seen;
}

/** Small plus signs at known points. */
export function drawMarks(context, marks, view, palette) {
  const plus = new Path2D();
  for (const [x, y] of placed(marks, view)) {
    plus.moveTo(x - 5, y);
    plus.lineTo(x + 5, y);
    plus.moveTo(x, y - 5);
    plus.lineTo(x, y + 5);
  }
  stroke(context, plus, palette, 1.8, 4.5);
}

/** Rings at the starts, where there are none to be dragged. */
export function drawRings(context, starts, view, palette) {
  const rings = new Path2D();
  for (const [x, y] of placed(starts, view)) {
    rings.moveTo(x + 8, y);
    rings.arc(x, y, 8, 0, 2 * Math.PI);
  }
  stroke(context, rings, palette, 1.5, 4.5);
}

function stroke(context, path, palette, width, halo) {
  context.setLineDash([]);
  for (const [wide, color] of [[halo, palette.background], [width, palette.text]]) {
    context.lineWidth = wide;
    context.strokeStyle = color;
    context.stroke(path);
  }
}
