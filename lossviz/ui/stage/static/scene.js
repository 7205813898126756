// The data on the stage: one whole message, and whatever deltas have been appended to it since.

import { Columns } from "./columns.js";

const PATH = ["steps", "x", "y", "loss", "sliceLoss", "residual"];
const CURVE = ["steps", "values"];
const BAND = ["steps", "values", "low", "high"];

const pick = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
const curveKey = (curve) => `${curve.contender}\n${curve.name}`;

const curveOf = (curve) => ({
  ...pick(["contender", "name", "kind"], curve),
  key: curveKey(curve),
  banded: Boolean(curve.low && curve.high),
  columns: new Columns(pick(curve.low && curve.high ? BAND : CURVE, curve)),
});

function frameColumns(predictions) {
  const names = ["steps", "values"];
  if (predictions.confidence) names.push("confidence");
  return names;
}

export class Scene {
  constructor(message) {
    Object.assign(this, message);
    this.paths = new Map(
      message.paths.map((path) => [path.contender, new Columns(pick(PATH, path))]),
    );
    this.tabs = message.losses.map((losses) => ({ ...losses, curves: losses.curves.map(curveOf) }));
    this.curves = this.tabs.flatMap(({ curves }) => curves);
    if (message.predictions) {
      const { predictions } = message;
      this.frames = new Columns(pick(frameColumns(predictions), predictions));
    }
  }

  /** The last step there is data for. */
  get last() {
    return this.contenders.reduce((last, contender) => Math.max(last, contender.last), 0);
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
    if (delta.predictions && delta.predictions.contender === this.predictions?.contender) {
      jobs.push([this.frames, delta.predictions]);
    }
    return jobs.every(([columns]) => columns) ? jobs : null;
  }
}
