// A surface as an image of colours in bands, so that its shape can be read as on a map.

const BANDS = 22;

const parse = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// The colour at a share from 0 to 1 of a list of stops [share, "#rrggbb"].
const mix = (stops, share) => {
  const next = stops.findIndex(([at]) => at >= share);
  if (next <= 0) return parse(stops[Math.max(0, next)][1]);
  const [[a, low], [b, high]] = [stops[next - 1], stops[next]];
  const part = (share - a) / (b - a || 1);
  const [from, to] = [parse(low), parse(high)];
  return from.map((value, i) => value + part * (to[i] - value));
};

// Heights from 0 to 1, row by row from below, as the address of an image of width x height.
export function picture({ nx, ny, z, scale }, width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  const colors = Array.from({ length: BANDS }, (_, k) => mix(scale, (k + 0.5) / BANDS));
  for (let row = 0, at = 0; row < canvas.height; row++) {
    const v = (1 - row / Math.max(1, canvas.height - 1)) * (ny - 1);
    const j = Math.min(Math.floor(v), ny - 2);
    for (let column = 0; column < canvas.width; column++, at += 4) {
      const u = (column / Math.max(1, canvas.width - 1)) * (nx - 1);
      const i = Math.min(Math.floor(u), nx - 2);
      const [s, t, first] = [u - i, v - j, j * nx + i];
      const height = (z[first] * (1 - s) + z[first + 1] * s) * (1 - t)
        + (z[first + nx] * (1 - s) + z[first + nx + 1] * s) * t;
      const color = colors[Math.min(BANDS - 1, Math.max(0, Math.floor(height * BANDS)))];
      image.data.set(color, at);
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
