// The menu that turns arrows on and off, and the words that say how large they are drawn.

import { drawSample, KINDS, SAMPLE } from "./arrows.js";
import { el, say } from "./dom.js";
import { fill } from "./format.js";

const nameOf = { gradient: "arrowGradient", momentum: "arrowMomentum", step: "arrowStep", rates: "arrowRates" };

export class ArrowMenu {
  on = new Set();

  constructor(stage, onChange) {
    this.stage = stage;
    this.onChange = onChange;
    const { text } = stage;
    this.button = el("button", { type: "button", class: "lv-menu-button", "aria-haspopup": "true",
      "aria-expanded": "false", onclick: () => this.open(this.list.hidden) }, text.arrows);
    this.list = el("div", { class: "lv-menu-list", role: "group", "aria-label": text.arrows, hidden: true });
    this.node = el("div", { class: "lv-menu", hidden: true, onkeydown: (event) => this.key(event),
      onfocusout: (event) => this.left(event) }, this.button, this.list);
    this.boxes = new Map(KINDS.map((kind) => [kind, this.box(kind)]));
    this.notes = el("div", { class: "lv-key", hidden: true });
    this.rows = new Map();
    this.away = (event) => { if (!this.node.contains(event.target)) this.open(false); };
  }

  box(kind) {
    const input = el("input", { type: "checkbox", onchange: () => this.turn(kind, input.checked) });
    const sample = el("canvas", { class: "lv-key-sample", "aria-hidden": "true" });
    const label = el("label", {}, input, sample, this.stage.text[nameOf[kind]]);
    this.list.append(label);
    return { input, sample, label };
  }

  /** What there is to draw, and what the page asks to be on. */
  show(scene) {
    const { palette } = this.stage.theme;
    const kinds = new Set(scene.arrows.map(({ kind }) => kind));
    if (scene.rates.length) kinds.add("rates");
    this.some = kinds.size > 0;
    const asked = scene.arrowsOn.join();
    if (asked !== this.asked) this.on = new Set(scene.arrowsOn);
    this.asked = asked;
    for (const [kind, { input, sample, label }] of this.boxes) {
      label.hidden = !kinds.has(kind);
      input.checked = this.on.has(kind);
      drawSample(sample, kind, palette.text, palette.background);
    }
    // The words stay as they are: without them the picture would grow for a moment.
    for (const [kind, { sample }] of this.rows) drawSample(sample, kind, palette.text, palette.background);
  }

  /** Arrows are drawn on the flat surface only. */
  offer(flat) {
    this.node.hidden = !(this.some && flat);
    if (this.node.hidden) this.open(false);
  }

  turn(kind, on) {
    if (on) this.on.add(kind);
    else this.on.delete(kind);
    const list = KINDS.filter((one) => this.on.has(one));
    this.stage.fire("arrows", { on: list });
    this.onChange();
  }

  /** Say which scale each kind is drawn at; `scales` maps kinds to numbers. */
  explain(scales, box) {
    const shown = box ? KINDS.filter((kind) => this.on.has(kind) && scales.has(kind)) : [];
    this.notes.hidden = shown.length === 0;
    for (const kind of KINDS) {
      const row = this.rows.get(kind) ?? (shown.includes(kind) ? this.row(kind) : null);
      if (!row) continue;
      row.node.hidden = !shown.includes(kind);
      if (!row.node.hidden) say(row.words, this.words(kind, scales.get(kind)));
    }
  }

  words(kind, scale) {
    const { text } = this.stage;
    const name = text[nameOf[kind]];
    if (kind === "rates") return fill(text.ratesScale, { name, value: plain(SAMPLE / scale) });
    return scale === 1 ? fill(text.arrowTrue, { name }) : fill(text.arrowScale, { name, factor: plain(scale) });
  }

  row(kind) {
    const { palette } = this.stage.theme;
    const sample = el("canvas", { class: "lv-key-sample", "aria-hidden": "true" });
    drawSample(sample, kind, palette.text, palette.background);
    const words = el("span", {});
    const row = { node: el("div", {}, sample, words), sample, words };
    this.rows.set(kind, row);
    this.notes.append(row.node);
    return row;
  }

  open(open) {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    document[open ? "addEventListener" : "removeEventListener"]("pointerdown", this.away, true);
  }

  key(event) {
    if (event.key !== "Escape" || this.list.hidden) return;
    event.stopPropagation();
    this.open(false);
    this.button.focus();
  }

  left(event) {
    if (event.relatedTarget && !this.node.contains(event.relatedTarget)) this.open(false);
  }

  destroy() {
    this.open(false);
  }
}

/** A scale as a person writes it: 20, 0.05, 2·10⁻⁶ as 2e−6. */
function plain(value) {
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  const text = size >= 1e5 || size < 1e-4 ? rounded.toExponential() : String(rounded);
  return text.replace("e+", "e").replace("-", "−");
}
