// The numbers at the step shown: what the slice says, beside what is true.

import { el, say } from "./dom.js";
import { fill, number } from "./format.js";

const EVERY = 100; // milliseconds between updates while playing
const MANY = 6; // contenders from which on rows are set closely

export class Readout {
  pointed = "";

  constructor(stage) {
    this.stage = stage;
    this.caption = el("caption", {});
    this.head = el("tr", {});
    this.body = el("tbody", {});
    this.node = el("div", { class: "lv-readout" }, el("table", {}, this.caption,
      el("thead", {}, this.head), this.body));
    this.rows = new Map();
  }

  show(scene) {
    const parts = scene.parts();
    const owners = new Set(parts.flatMap(({ paths }) => [...paths.keys()]));
    this.node.hidden = owners.size === 0;
    const contenders = scene.contenders.filter(({ id }) => owners.has(id));
    // Numbers of the surface that is looked at, or else of the main one.
    this.part = scene.part(this.pointed) ?? scene;
    this.rates = new Map(scene.rates.map((rates) => [rates.contender, rates]));
    const titles = this.titles(scene, this.part);
    const wanted = JSON.stringify([titles, contenders.map((one) => [one.id, one.label, this.stage.markOf(one).color])]);
    if (wanted !== this.shown) this.build(titles, contenders);
    this.shown = wanted;
    this.refresh();
  }

  /** Look at another surface: the id of a view, or nothing for the main one. */
  point(id) {
    if (id === this.pointed) return;
    this.pointed = id;
    this.show(this.stage.scene);
  }

  /** What the columns show: the point itself where nothing is off the plane. */
  titles({ exact, rates }, { surface }) {
    const { text } = this.stage;
    const columns = exact
      ? [["loss", text.loss], ["x", surface?.xTitle ?? "x"], ["y", surface?.yTitle ?? "y"]]
      : [["loss", text.trueLoss], ["sliceLoss", text.sliceLoss], ["residual", text.residual]];
    return rates.length ? [...columns, ["rates", text.rates]] : columns;
  }

  build(titles, contenders) {
    const head = (words) => el("th", { scope: "col" }, words);
    this.head.replaceChildren(head(this.stage.text.contender), ...titles.map(([, words]) => head(words)));
    this.node.classList.toggle("lv-many", contenders.length > MANY);
    this.rows = new Map(contenders.map((contender) => {
      const cells = titles.map(([name]) => [name, el("td", {})]);
      const swatch = el("i", { style: `background:${this.stage.markOf(contender).color}` });
      const ended = el("small", {});
      const row = el("tr", {}, el("th", { scope: "row" }, swatch, contender.label, ended), ...cells.map(([, cell]) => cell));
      return [contender.id, { row, cells, ended }];
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
    say(this.caption, this.heading(step));
    const last = new Map(scene.contenders.map((contender) => [contender.id, contender.last]));
    for (const [id, { cells, ended }] of this.rows) {
      const part = this.partOf(id);
      const columns = part.paths.get(id);
      const row = columns ? columns.at(step) : -1;
      // Of a run that has ended the last numbers stand here, which is said.
      const over = step > last.get(id) && last.get(id) < scene.last;
      const remarks = [part === this.part ? "" : fill(text.onOther, { of: part.surface.title }),
        over ? fill(text.endedAt, { step: last.get(id) }) : ""];
      say(ended, remarks.filter(Boolean).join(", "));
      for (const [name, cell] of cells) say(cell, this.value(id, name, part, row));
    }
  }

  /** The step, and of which surface where there are several. */
  heading(step) {
    const { text, scene } = this.stage;
    const of = this.part.surface?.title || text.surface;
    return scene.views.size ? fill(text.atCursorOn, { step, of }) : fill(text.atCursor, { step });
  }

  /** The surface of a contender's numbers: the one that is looked at; when none is, and there is no
   *  path of it on the main one, the first that has one. */
  partOf(id) {
    if (this.pointed || this.part.paths.has(id)) return this.part;
    const { exact } = this.stage.scene;
    // Coordinates fit the columns' titles only where the axes have the same ones.
    const fits = ({ surface }) => !exact || (surface.xTitle === this.part.surface.xTitle
      && surface.yTitle === this.part.surface.yTitle);
    return this.stage.scene.parts().find((part) => part.paths.has(id) && fits(part)) ?? this.part;
  }

  value(id, name, part, row) {
    const { text } = this.stage;
    if (row < 0 || (name === "rates" && part !== this.stage.scene)) return text.noValue;
    if (name !== "rates") return number(part.paths.get(id)[name][row], text.notFinite);
    const given = this.rates.get(id);
    const pair = given ? [given.x.data[row], given.y.data[row]] : [];
    return pair.every(Number.isFinite) && pair.length ? pair.map((rate) => number(rate, "", 3)).join(", ") : text.noValue;
  }
}
