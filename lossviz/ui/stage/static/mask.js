// Cells of the surface without a finite loss: filled and hatched, never interpolated over.

/** One rectangle for each run of masked points in a row. It reaches to the neighbours on every side:
 *  as far as the contour plot leaves the picture empty, since it would have to interpolate there. */
function outline(surface, map) {
  const { data } = surface.z;
  const width = surface.x.data.length;
  const height = surface.y.data.length;
  const x = (i) => map.x(surface.x.data[Math.min(Math.max(i, 0), width - 1)]);
  const y = (j) => map.y(surface.y.data[Math.min(Math.max(j, 0), height - 1)]);
  const path = new Path2D();
  for (let j = 0; j < height; j += 1) {
    for (let i = 0; i < width; i += 1) {
      if (Number.isFinite(data[j * width + i])) continue;
      const from = i;
      while (i + 1 < width && !Number.isFinite(data[j * width + i + 1])) i += 1;
      path.rect(x(from - 1), y(j + 1), x(i + 1) - x(from - 1), y(j - 1) - y(j + 1));
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
