// Lines over a common axis at the step shown: those that move, those that stand, and what is pointed out.

import { number } from "./format.js";
import { DASH, inkOf, lineSample } from "./strands.js";

const DOTS = 30; // up to so many points are shown as such
const FAR = 20000; // pixels beyond which a canvas loses precision

const flatten = (column) => column.data;

/** The colour and dash of a line: its contender's, or its own. */
function lookOf(line, theme, stage) {
  const owner = stage.scene.contenders.find(({ id }) => id === line.contender);
  if (owner) return stage.markOf(owner);
  return { color: inkOf(line, theme), dash: line.dashed ? DASH : [] };
}

/** A column (F, n) or (n,) at a row. */
function rowOf({ data, shape }, row) {
  if (shape.length === 1) return data;
  return data.subarray(row * shape[1], (row + 1) * shape[1]);
}

export class Profile {
  /** `stage` knows the contenders' marks, and who is hidden. */
  constructor(profile, theme, color, stage) {
    this.data = profile;
    this.theme = theme;
    this.looks = new Map(profile.lines.map((line) => [line, lookOf(line, theme, stage)]));
    this.isShown = ({ contender }) => !stage.hidden.has(contender);
    this.still = profile.steps.data.length === 1 && profile.lines.every(({ values }) => values.shape[0] === 1
      || values.shape.length === 1);
    const xs = profile.x.data;
    this.frame = { x: padX(xs, profile.xLabels), xTitle: profile.xTitle, yTitle: profile.yTitle, log: profile.log,
      gridY: true, ...(profile.xLabels.length ? { across: { places: [...xs], words: profile.xLabels } } : {}) };
    if (!profile.pinned) this.axesAt = (row) => this.axesOf((column) => rowOf(column, row));
  }

  get axes() {
    return this.axesAt ? this.axesAt(0) : (this.pinned ??= this.axesOf(flatten));
  }

  /** The axes with the range of what `take` gives of each line. */
  axesOf(take) {
    const { lines, brackets, log } = this.data;
    const columns = [...lines.map(({ values }) => take(values)),
      ...brackets.flatMap(({ low, high }) => (take === flatten ? [low.data, high.data] : []))];
    return { ...this.frame, y: valueRange(columns, log) };
  }

  drawPoints() {}

  draw() {}

  drawOver(context, map, frames, row) {
    const { box } = map;
    const { brackets } = this.data;
    const lines = this.data.lines.filter(this.isShown);
    context.save();
    context.beginPath();
    context.rect(box.left - 5, box.top, box.width + 10, box.height);
    context.clip();
    let away = 0;
    for (const line of lines) away += this.drawLine(context, map, line, row);
    for (const bracket of brackets) this.drawBracket(context, map, bracket, row);
    context.restore();
    return { away, count: lines.length * this.data.x.data.length };
  }

  /** One line; how many of its points are out of the picture. */
  drawLine(context, map, line, row) {
    const { x, log } = this.data;
    const values = rowOf(line.values, row);
    const [low, high] = map.rangeY;
    const dots = [];
    let open = false;
    let away = 0;
    context.beginPath();
    for (let i = 0; i < x.data.length; i += 1) {
      const seen = Number.isFinite(values[i]) && !(log && values[i] <= 0);
      const place = log ? Math.log10(values[i]) : values[i];
      if (!(place >= low && place <= high)) away += 1;
      const spot = [map.x(x.data[i]), Math.min(Math.max(map.y(values[i]), -FAR), FAR)];
      if (seen) context[open ? "lineTo" : "moveTo"](...spot);
      if (seen) dots.push(spot);
      open = seen;
    }
    this.stroke(context, line);
    if (x.data.length <= DOTS) for (const spot of dots) this.drawDot(context, ...spot, this.looks.get(line).color);
    return away;
  }

  stroke(context, line) {
    context.lineJoin = "round";
    const { color, dash } = this.looks.get(line);
    for (const [width, paint, pattern] of [[5, this.theme.palette.background, []], [2.2, color, dash]]) {
      context.lineWidth = width;
      context.strokeStyle = paint;
      context.setLineDash(pattern);
      context.stroke();
    }
    context.setLineDash([]);
  }

  drawDot(context, x, y, color) {
    context.beginPath();
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
  }

  /** From the one height to the other, with caps, and the difference beside it. */
  drawBracket(context, map, bracket, row) {
    const [low, high] = [bracket.low.data[row], bracket.high.data[row]];
    const [x, from, to] = [map.x(bracket.x.data[row]), map.y(low), map.y(high)];
    if (![x, from, to].every(Number.isFinite)) return;
    const { palette, font } = this.theme;
    context.lineWidth = 1.6;
    context.strokeStyle = palette.accent;
    context.beginPath();
    context.moveTo(x, from);
    context.lineTo(x, to);
    for (const y of [from, to]) {
      context.moveTo(x - 4, y);
      context.lineTo(x + 4, y);
    }
    context.stroke();
    const { box } = map;
    const words = `${bracket.name} ${number(high - low)}`;
    context.font = `600 12px ${font}`;
    const side = x + 8 + context.measureText(words).width > box.left + box.width ? -1 : 1;
    context.textAlign = side > 0 ? "left" : "right";
    context.textBaseline = "middle";
    const y = Math.min(Math.max((from + to) / 2, box.top + 8), box.top + box.height - 8);
    context.lineWidth = 4;
    context.strokeStyle = palette.background;
    context.strokeText(words, x + 8 * side, y);
    context.fillStyle = palette.accent;
    context.fillText(words, x + 8 * side, y);
  }

  /** The numbers of all lines at the point of the axis nearest to the pointer. */
  at(px, py, map, row, text) {
    const { box } = map;
    if (px < box.left || px > box.left + box.width || py < box.top || py > box.top + box.height) return null;
    const { x, xLabels, xTitle, lines } = this.data;
    const wanted = map.backX(px);
    const near = x.data.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(x.data[best] - wanted) ? i : best), 0);
    const place = xLabels.length ? xLabels[near] : `${xTitle || "x"} ${number(x.data[near])}`;
    return [[place], ...lines.filter(this.isShown).map((line) =>
      [`${line.name} ${number(rowOf(line.values, row)[near], text.notFinite)}`, this.looks.get(line).color])];
  }

  legend() {
    return this.data.lines.filter(({ name }) => name)
      .map((line) => lineSample(line.name, this.looks.get(line).color, this.looks.get(line).dash));
  }
}

/** Words at the points want room at both ends. */
function padX(xs, labels) {
  const [first, last] = [xs[0], xs[xs.length - 1]];
  const room = labels.length ? (last - first) / (2 * (xs.length - 1)) : 0;
  return [first - room, last + room];
}

/** The range of the columns in the axis's units, without the very highest where these are far off. */
function valueRange(columns, log) {
  const kept = [];
  for (const column of columns) {
    for (const value of column) {
      const place = log ? Math.log10(value) : value;
      if (Number.isFinite(place)) kept.push(place);
    }
  }
  if (!kept.length) return log ? [-1, 1] : [0, 1];
  const sorted = Float64Array.from(kept).sort();
  const low = sorted[0];
  const bulk = sorted[Math.floor(0.97 * (sorted.length - 1))];
  const high = Math.min(sorted[sorted.length - 1], bulk + (log ? 2 : 1.5 * (bulk - low) || Infinity));
  const room = 0.07 * (high - low) || Math.abs(low) * 0.1 || 0.5;
  return [!log && low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}
