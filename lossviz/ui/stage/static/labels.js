// Points of the plane that have a name: a dot, and the name beside it.

import { inside } from "./heads.js";

const SIZE = 13;

/** Draw the marks of `surface` that have labels where `view` places them, within its box. */
export function drawLabels(context, surface, view, theme) {
  if (!surface.markLabels.length) return;
  const { palette, font } = theme;
  const { data } = surface.marks;
  const out = [0, 0];
  context.save();
  context.setLineDash([]);
  context.lineJoin = "round";
  context.font = `600 ${SIZE}px ${font}`;
  context.textBaseline = "middle";
  surface.markLabels.forEach((label, i) => {
    if (!view.place(data[2 * i], data[2 * i + 1], null, out) || !inside(view.box, ...out)) return;
    drawDot(context, ...out, palette);
    drawWord(context, label, ...out, view.box, palette);
  });
  context.restore();
}

function drawDot(context, x, y, palette) {
  context.beginPath();
  context.arc(x, y, 3.6, 0, 2 * Math.PI);
  context.lineWidth = 4;
  context.strokeStyle = palette.background;
  context.stroke();
  context.fillStyle = palette.text;
  context.fill();
}

/** To the right of its point, or to the left where the box ends. */
function drawWord(context, word, x, y, box, palette) {
  const width = context.measureText(word).width;
  const right = x + 9 + width <= box.left + box.width;
  const from = right ? x + 9 : x - 9 - width;
  const middle = Math.min(Math.max(y - 9, box.top + SIZE / 2), box.top + box.height - SIZE / 2);
  context.lineWidth = 4;
  context.strokeStyle = palette.background;
  context.strokeText(word, from, middle);
  context.fillStyle = palette.text;
  context.fillText(word, from, middle);
}
