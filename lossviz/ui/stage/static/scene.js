// The data on the stage: one whole message, and whatever deltas have been appended to it since.

import { Columns } from "./columns.js";

const PATH = ["steps", "x", "y", "loss", "sliceLoss", "residual"];
const CURVE = ["steps", "values"];
const BAND = ["steps", "values", "low", "high"];

/** What grows by deltas; the columns of the other pictures stay with them. */
const FRAMES = {
  regions: ["steps", "values"], fit: ["steps", "values"], confusion: ["steps", "values"],
  parity: ["steps", "values"],
};

const pick = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
const curveKey = (curve) => `${curve.contender}\n${curve.name}`;

const curveOf = (curve) => ({
  ...pick(["contender", "name", "kind"], curve),
  key: curveKey(curve),
  banded: Boolean(curve.low && curve.high),
  columns: new Columns(pick(curve.low && curve.high ? BAND : CURVE, curve)),
});

const pathsOf = (paths) => new Map(paths.map((path) => [path.contender, new Columns(pick(PATH, path))]));

function framesOf(picture) {
  const names = [...(FRAMES[picture.kind] ?? ["steps"])];
  if (picture.confidence) names.push("confidence");
  return new Columns(pick(names, picture));
}

/** A further surface: what the panel needs of a scene, of this one alone. */
const viewOf = ({ id, title, note, surface, paths }) => ({
  id,
  // Clicks and starts are the main surface's.
  surface: { ...surface, title, note: [note, surface.note].filter(Boolean).join(" "), clickable: false,
    draggable: false },
  paths: pathsOf(paths),
  arrows: [],
  rates: [],
  fans: [],
});

const sameColors = (a, b) => Boolean(a.range && b.range) && a.log === b.log
  && a.range[0] === b.range[0] && a.range[1] === b.range[1];

export class Scene {
  constructor(message) {
    Object.assign(this, message);
    this.paths = pathsOf(message.paths);
    this.views = new Map(message.views.map((view) => [view.id, viewOf(view)]));
    this.tabs = message.losses.map((losses) => ({ ...losses, curves: losses.curves.map(curveOf) }));
    this.curves = this.tabs.flatMap(({ curves }) => curves);
    this.frames = message.predictions ? framesOf(message.predictions) : undefined;
    this.side = message.side.map((tab) => (tab.picture ? { ...tab, frames: framesOf(tab.picture) } : tab));
  }

  /** What one surface shows: the main one (no id), or a view. */
  part(id) {
    return id ? this.views.get(id) : this;
  }

  parts() {
    return [this, ...this.views.values()];
  }

  /** Whether equal colours are equal losses on all surfaces. */
  get sharesColors() {
    const views = [...this.views.values()];
    return views.length > 0 && views.every(({ surface }) => sameColors(surface, this.surface));
  }

  /** The last step there is data for; without contenders, of whatever else moves. */
  get last() {
    if (this.contenders.length) {
      return this.contenders.reduce((last, contender) => Math.max(last, contender.last), 0);
    }
    const steps = [...this.strands.map((strand) => strand.steps.data),
      ...[this.frames, ...this.side.map(({ frames }) => frames)].filter(Boolean).map((frames) => frames.steps)];
    return steps.reduce((last, column) => Math.max(last, column[column.length - 1] ?? 0), 0);
  }

  /** Append a delta; false when it does not join on, and nothing has changed then. */
  append(delta) {
    const jobs = this.matches(delta);
    if (!jobs || jobs.some(([columns, part]) => columns.lastStep < part.joins)) return false;
    for (const [columns, part] of jobs) columns.append(part, part.joins);
    this.contenders = delta.contenders;
    this.live = delta.live;
    return true;
  }

  matches(delta) {
    if (delta.revision !== this.revision) return null;
    const curves = new Map(this.curves.map((curve) => [curve.key, curve.columns]));
    const jobs = [
      ...delta.paths.map((path) => [this.paths.get(path.contender), path]),
      ...delta.curves.map((curve) => [curves.get(curveKey(curve)), curve]),
    ];
    const frames = delta.predictions && this.framesFor(delta.predictions);
    if (frames) jobs.push([frames, delta.predictions]);
    return jobs.every(([columns]) => columns) ? jobs : null;
  }

  /** Where new predictions are appended, or undefined where nobody looks at those. */
  framesFor({ contender, kind }) {
    const shown = [{ picture: this.predictions, frames: this.frames }, ...this.side];
    return shown.find(({ picture }) => picture?.contender === contender && picture.kind === kind)?.frames;
  }
}
