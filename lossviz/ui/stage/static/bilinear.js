// The value of a grid between its points, along straight lines.

/** The last place of the rising `grid` at or before `value`, so that one more follows; -1 outside. */
function cellOf(grid, value) {
  if (!(value >= grid[0] && value <= grid[grid.length - 1])) return -1;
  let low = 0;
  let high = grid.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (grid[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** `values` (ny, nx) over the grid `xs`, `ys` at one point; NaN outside and beside a missing value. */
export function bilinear(xs, ys, values, x, y) {
  const [i, j] = [cellOf(xs, x), cellOf(ys, y)];
  if (i < 0 || j < 0) return NaN;
  const across = (x - xs[i]) / (xs[i + 1] - xs[i]);
  const up = (y - ys[j]) / (ys[j + 1] - ys[j]);
  const at = j * xs.length + i;
  const row = (from) => values[from] + across * (values[from + 1] - values[from]);
  return row(at) + up * (row(at + xs.length) - row(at));
}
