// Cells of the surface without a finite loss: filled and hatched, never interpolated over.

/** The edges of the cells around sorted coordinates: one more than there are coordinates. */
function edges(at) {
  const middle = (i) => (at[i - 1] + at[i]) / 2;
  const last = at.length - 1;
  const inner = Array.from({ length: last }, (_, i) => middle(i + 1));
  const half = (i, j) => (last ? (at[j] - at[i]) / 2 : 0.5);
  return [at[0] - half(0, 1), ...inner, at[last] + half(last - 1, last)];
}

/** One rectangle for each run of masked cells in a row. */
function outline(surface, map) {
  const { data } = surface.z;
  const width = surface.x.data.length;
  const left = edges(surface.x.data).map(map.x);
  const bottom = edges(surface.y.data).map(map.y);
  const path = new Path2D();
  for (let j = 0; j < surface.y.data.length; j += 1) {
    for (let i = 0; i < width; i += 1) {
      if (Number.isFinite(data[j * width + i])) continue;
      const from = i;
      while (i + 1 < width && !Number.isFinite(data[j * width + i + 1])) i += 1;
      path.rect(left[from], bottom[j + 1], left[i + 1] - left[from], bottom[j] - bottom[j + 1]);
    }
  }
  return path;
}

export function drawMask(context, surface, map, palette) {
  const { box } = map;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  const path = outline(surface, map);
  context.fillStyle = palette.masked;
  context.fill(path);
  context.clip(path);
  context.strokeStyle = palette.muted;
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = box.left - box.height; x < box.left + box.width; x += 7) {
    context.moveTo(x, box.top + box.height);
    context.lineTo(x + box.height, box.top);
  }
  context.stroke();
  context.restore();
}

/** Small plus signs at known points. */
export function drawMarks(context, marks, map, palette) {
  const { data } = marks;
  for (const [width, color] of [[4.5, palette.background], [1.8, palette.text]]) {
    context.beginPath();
    for (let i = 0; i < data.length; i += 2) {
      const [x, y] = [map.x(data[i]), map.y(data[i + 1])];
      context.moveTo(x - 5, y);
      context.lineTo(x + 5, y);
      context.moveTo(x, y - 5);
      context.lineTo(x, y + 5);
    }
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}
