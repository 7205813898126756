// The loss curves: axes and pale curves that stand still; the strong part, heads and cursor move.

import { beginning, drawAxes, mapping } from "./axes.js";
import { number, short } from "./format.js";
import { drawDiverged, drawHead, drawOutside, inside } from "./heads.js";
import { Panel } from "./panel.js";
import { Tabs } from "./tabs.js";
import { headAt, trace, trail } from "./trail.js";

const MARGIN = { left: 52, right: 12, top: 8, bottom: 36 };

export class CurvesPanel extends Panel {
  constructor(stage) {
    super(stage, "curves", stage.text.losses);
    this.items = [];
    this.tabs = new Tabs(this.title, stage.text.curvesTabs, () => this.show(stage.scene));
    this.addLayers();
    this.listen();
  }

  show(scene) {
    this.losses = this.tabs.show(scene.tabs);
    this.widen(valueRange(this.losses), scene);
    this.refresh();
  }

  /** While a run grows the axis only grows, so that nothing jumps. */
  widen([low, high], { revision }) {
    if (this.revision !== revision) this.ranges = new Map();
    this.revision = revision;
    const before = this.ranges.get(this.losses.id) ?? [low, high];
    this.range = [Math.min(low, before[0]), Math.max(high, before[1])];
    this.ranges.set(this.losses.id, this.range);
  }

  refresh() {
    const { scene, theme } = this.stage;
    const { losses } = this;
    if (!losses) return;
    this.fitLayers();
    const ground = this.back.clear();
    const mapped = (margin) => mapping(this.size, margin, [0, Math.max(1, scene.planned)], this.range, losses.log);
    this.map = mapped(MARGIN);
    if (this.map) this.map = mapped({ ...MARGIN, left: beginning(ground, theme, this.map) });
    const context = this.still.clear();
    this.items = [];
    if (!this.map) return;
    drawAxes(ground, this.map, theme, { x: this.stage.text.step, y: losses.title, gridY: true });
    this.items = this.visibleCurves().map((item) => ({ ...item, way: this.way(item.columns) }));
    const { box } = this.map;
    this.clip(context, box);
    if (Number.isFinite(losses.target)) this.drawTarget(context, box, losses.target);
    context.globalAlpha = theme.mode === "dark" ? 0.34 : 0.3;
    context.lineJoin = "round";
    for (const { mark, way, kind } of this.items) stroke(context, way, Infinity, mark, kind);
    context.globalAlpha = theme.mode === "dark" ? 0.22 : 0.16;
    for (const item of this.items) if (item.banded) this.drawBand(context, item);
    context.restore();
    this.touch();
  }

  /** A pale band between the curves `low` and `high`, up to where one of them ends. */
  drawBand(context, { columns, mark }) {
    const ends = ["low", "high"].map((name) => this.way({ ...columns, count: columns.count, values: columns[name] }));
    const [low, high] = ends;
    context.beginPath();
    trace(context, low, Infinity);
    for (let i = high.size - 1; i >= 0; i -= 1) context.lineTo(high.x[i], high.y[i]);
    context.closePath();
    context.fillStyle = mark.color;
    context.fill();
  }

  visibleCurves() {
    const shown = new Map(this.stage.shown().map((contender) => [contender.id, contender]));
    return this.losses.curves.filter((curve) => shown.has(curve.contender)).map((curve) => {
      const contender = shown.get(curve.contender);
      return { ...curve, mark: this.stage.markOf(contender), contender };
    });
  }

  way({ steps, values, count }) {
    const { map } = this;
    const { log } = this.losses;
    return trail(steps, count, (row, out) => {
      const value = values[row];
      out[0] = map.x(steps[row]);
      out[1] = map.y(log && value <= 0 ? 1e-30 : value);
      return Number.isFinite(value) && Number.isFinite(out[1]);
    });
  }

  clip(context, box) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 1, box.width + 1, box.height + 2);
    context.clip();
  }

  /** A line at the target, with its number as it was set: without zeros at its end. */
  drawTarget(context, box, target) {
    const y = this.map.y(target);
    const { palette, font } = this.stage.theme;
    context.strokeStyle = palette.accent;
    context.fillStyle = palette.accent;
    context.setLineDash([2, 4]);
    context.lineWidth = 1.2;
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(box.left + box.width, y);
    context.stroke();
    context.setLineDash([]);
    context.font = `11px ${font}`;
    context.textAlign = "right";
    context.fillText(`${this.stage.text.target} ${short(target)}`, box.left + box.width - 4, y - 4);
  }

  draw(time) {
    const context = this.moving.clear();
    if (!this.map) return;
    const { box } = this.map;
    const { palette } = this.stage.theme;
    this.clip(context, box);
    context.lineJoin = "round";
    for (const { mark, way, kind } of this.items) {
      context.globalAlpha = kind === "faint" ? 0.75 : 1;
      stroke(context, way, time, mark, kind);
    }
    context.globalAlpha = 1;
    context.restore();
    this.drawCursor(context, box, time, palette);
    for (const item of this.items) if (item.kind === "solid") this.drawItsHead(context, item, box, time);
  }

  drawCursor(context, box, time, palette) {
    const x = Math.round(this.map.x(time)) + 0.5;
    context.globalAlpha = 0.55;
    context.strokeStyle = palette.text;
    context.lineWidth = 1;
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x, box.top);
    context.lineTo(x, box.top + box.height);
    context.stroke();
    context.globalAlpha = 1;
  }

  drawItsHead(context, { mark, way, contender }, box, time) {
    const head = headAt(way, time, [0, 0, 0]);
    if (!head) return;
    const [x, y] = head;
    const ground = this.stage.theme.palette.background;
    const ended = contender.diverged && time >= way.time[way.size - 1];
    if (!inside(box, x, y)) {
      const [px, py] = drawOutside(context, mark, x, y, box, ground);
      if (ended) drawDiverged(context, mark, px, py + 14, ground, 4.5);
    } else if (ended) drawDiverged(context, mark, x, y, ground, 5);
    else drawHead(context, mark, x, y, ground, 4.6);
  }

  listen() {
    this.host.addEventListener("pointerdown", (event) => this.press(event));
    this.host.addEventListener("pointermove", (event) => this.move(event));
    this.host.addEventListener("pointerup", () => (this.scrubbing = false));
    this.host.addEventListener("pointercancel", () => (this.scrubbing = false));
    this.host.addEventListener("pointerleave", () => this.leave());
  }

  stepAt(event) {
    const [x] = this.spot(event);
    const { last } = this.stage.clock;
    return Math.min(Math.max(Math.round(this.map.backX(x)), 0), last);
  }

  press(event) {
    if (!this.map || event.button !== 0) return;
    this.scrubbing = true;
    this.host.setPointerCapture(event.pointerId);
    this.stage.clock.pause();
    this.stage.clock.seek(this.stepAt(event));
  }

  /** Hovering looks at a step and comes back; pressing goes there. */
  move(event) {
    if (!this.map) return;
    const { clock } = this.stage;
    if (this.scrubbing) clock.seek(this.stepAt(event));
    else if (clock.playing || event.pointerType === "touch" || !inside(this.map.box, ...this.spot(event))) {
      this.leave();
      return;
    } else this.stage.peek(this.stepAt(event), this);
    this.tip.show(...this.spot(event), this.words(this.stepAt(event)));
  }

  words(step) {
    const { text } = this.stage;
    const lines = new Map();
    for (const { columns, contender, mark } of this.items) {
      const row = columns.at(step);
      const value = number(row < 0 ? undefined : columns.values[row], text.notFinite);
      const line = lines.get(contender.id);
      if (line) line[0] += ` / ${value}`;
      else lines.set(contender.id, [`${contender.label} ${value}`, mark.color]);
    }
    const names = [...new Set(this.items.map(({ name }) => name))].join(" / ");
    return [[`${text.step} ${step}: ${names}`], ...lines.values()];
  }

  leave() {
    this.tip.hide();
    this.stage.peek(null, this);
  }

  heads(time) {
    return this.items.flatMap(({ way, contender, name }) => {
      const head = headAt(way, time, [0, 0, 0]);
      return head ? [{ id: contender.id, name, x: head[0], y: head[1] }] : [];
    });
  }

  destroy() {}
}

function stroke(context, way, until, mark, kind) {
  context.beginPath();
  trace(context, way, until);
  context.strokeStyle = mark.color;
  context.lineWidth = kind === "faint" ? 1 : 2;
  context.setLineDash(kind === "faint" ? [] : mark.dash);
  context.stroke();
}

/** The axis's range in its own units (powers of ten when logarithmic), led by the bulk of the values. */
function valueRange(losses) {
  const { curves } = losses;
  const toAxis = losses.log ? Math.log10 : (value) => value;
  const kept = [];
  for (const { columns, banded } of curves) {
    for (const column of banded ? ["values", "low", "high"] : ["values"]) {
      for (let row = 0; row < columns.count; row += 1) {
        const value = toAxis(columns[column][row]);
        if (Number.isFinite(value)) kept.push(value);
      }
    }
  }
  if (Number.isFinite(losses.target)) kept.push(toAxis(losses.target));
  if (!kept.length) return losses.log ? [-2, 1] : [0, 1];
  const sorted = Float64Array.from(kept).sort();
  const low = sorted[0];
  const first = Math.max(...curves.map(({ columns }) => toAxis(columns.values[0])).filter(Number.isFinite), low);
  const bulk = Math.max(sorted[Math.floor(0.95 * (sorted.length - 1))], first);
  const roof = bulk + (losses.log ? 1 : 0.6 * (bulk - low));
  const high = Math.min(sorted[sorted.length - 1], roof);
  const room = 0.06 * (high - low) || 0.5;
  const floor = !losses.log && low >= 0 ? Math.max(low - room, 0) : low - room;
  return [losses.log ? Math.max(floor, -30) : floor, high + room];
}
