// The numbers at the step shown: what the slice says, beside what is true.

import { el, say } from "./dom.js";
import { fill, number } from "./format.js";

const EVERY = 100; // milliseconds between updates while playing

export class Readout {
  constructor(stage) {
    this.stage = stage;
    const { text } = stage;
    this.caption = el("caption", {});
    this.body = el("tbody", {});
    const head = (words) => el("th", { scope: "col" }, words);
    this.node = el("div", { class: "lv-readout" }, el("table", {}, this.caption,
      el("thead", {}, el("tr", {}, head(text.contender), head(text.trueLoss), head(text.sliceLoss), head(text.residual))),
      this.body));
    this.rows = new Map();
  }

  show(scene) {
    this.node.hidden = scene.paths.size === 0;
    const contenders = scene.contenders.filter(({ id }) => scene.paths.has(id));
    const wanted = JSON.stringify(contenders.map((one) => [one.id, one.label, this.stage.markOf(one).color]));
    if (wanted !== this.shown) this.build(contenders);
    this.shown = wanted;
    this.refresh();
  }

  build(contenders) {
    this.rows = new Map(contenders.map((contender) => {
      const cells = ["loss", "sliceLoss", "residual"].map((name) => [name, el("td", {})]);
      const swatch = el("i", { style: `background:${this.stage.markOf(contender).color}` });
      const row = el("tr", {}, el("th", { scope: "row" }, swatch, contender.label), ...cells.map(([, cell]) => cell));
      return [contender.id, { row, cells }];
    }));
    this.body.replaceChildren(...[...this.rows.values()].map(({ row }) => row));
  }

  refresh() {
    this.at = undefined;
    for (const [id, { row }] of this.rows) row.classList.toggle("lv-off", this.stage.hidden.has(id));
  }

  /** On every frame; writes at most ten times a second while playing. */
  update(step, now) {
    if (step === this.at) return;
    if (this.at !== undefined && this.stage.clock.playing && now - this.written < EVERY) return;
    this.at = step;
    this.written = now;
    const { scene, text } = this.stage;
    say(this.caption, fill(text.atCursor, { step }));
    for (const [id, { cells }] of this.rows) {
      const columns = scene.paths.get(id);
      const row = columns.at(step);
      for (const [name, cell] of cells) {
        say(cell, row < 0 ? text.noValue : number(columns[name][row], text.notFinite));
      }
    }
  }
}
