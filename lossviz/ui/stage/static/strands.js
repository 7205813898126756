// Lines in the plane that change with time, drawn under the contenders' ways.

import { indexAt } from "./columns.js";
import { el } from "./dom.js";

export const DASH = [7, 5];

/** The colour of a strand or a line: that of a mark, or of the text. */
export const inkOf = ({ mark }, theme) =>
  (mark === null ? theme.palette.text : theme.marks[mark % theme.marks.length].color);

/** The rows before and after `time`, and how far it is from the one to the other. */
function between({ steps }, time) {
  const { data } = steps;
  const row = Math.max(indexAt(data, data.length, time), 0);
  const next = Math.min(row + 1, data.length - 1);
  const span = data[next] - data[row];
  const share = span > 0 ? Math.min(Math.max((time - data[row]) / span, 0), 1) : 0;
  return { row, next, share };
}

/** A column's value at point `i`, in between two rows where the time is. */
function valueAt(column, count, { row, next, share }, i) {
  const before = column.data[row * count + i];
  return share ? before + share * (column.data[next * count + i] - before) : before;
}

/** Whether point `i` of a strand is to be seen at that time, its pixel in `out`. */
function pixelOf({ x, y, z }, when, i, place, out) {
  const count = x.shape[1];
  return place(valueAt(x, count, when, i), valueAt(y, count, when, i), z ? valueAt(z, count, when, i) : null, out);
}

/** Draw one strand at `time`; `place(x, y, z, out)` gives the pixel, and whether it is one. */
function stroke(context, strand, time, place, color, ground) {
  const when = between(strand, time);
  const spot = [0, 0];
  let open = false;
  context.beginPath();
  for (let i = 0; i < strand.x.shape[1]; i += 1) {
    const seen = pixelOf(strand, when, i, place, spot);
    if (seen) context[open ? "lineTo" : "moveTo"](spot[0], spot[1]);
    open = seen;
  }
  for (const [width, paint, dash] of [[5.5, ground, []], [2.6, color, strand.dashed ? DASH : []]]) {
    context.lineWidth = width;
    context.strokeStyle = paint;
    context.setLineDash(dash);
    context.stroke();
  }
}

/** Draw `strands` within the box of `view`. */
export function drawStrands(context, strands, view, theme, time) {
  if (!strands.length) return;
  const { box } = view;
  const place = (x, y, z, out) => view.place(x, y, z, out);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const strand of strands) stroke(context, strand, time, place, inkOf(strand, theme), theme.palette.background);
  context.restore();
}

/** The pixels of a strand's first, middle and last point: what a test looks at. */
export function strandPixels(strands, view, time) {
  const place = (x, y, z, out) => view.place(x, y, z, out);
  return strands.map((strand) => {
    const when = between(strand, time);
    const last = strand.x.shape[1] - 1;
    const points = [0, (last + 1) >> 1, last].map((i) => {
      const out = [0, 0];
      return pixelOf(strand, when, i, place, out) ? out : null;
    });
    return { name: strand.name, points };
  });
}

/** A swatch and a name for a line; `dash` are the lengths of its marks and gaps in turn, in pixels. */
export function lineSample(name, color, dash = []) {
  return el("span", { class: "lv-class" }, el("i", { class: "lv-dash", style: `background: ${inkLine(color, dash)}` }), name);
}

/** A CSS background that looks like a line of these dashes. */
function inkLine(color, dash) {
  if (!dash.length) return color;
  let at = 0;
  const stops = dash.map((length, i) => `${i % 2 ? "transparent" : color} ${at}px ${(at += length)}px`);
  return `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
}
