// One chip for each contender: how it is drawn, what it is called, how it stands. Press to hide or show.

import { el, say } from "./dom.js";
import { drawDiverged, drawHead } from "./heads.js";

const MANY = 6; // contenders from which on chips are set closely

export class Legend {
  constructor(stage) {
    this.stage = stage;
    this.node = el("div", { class: "lv-legend", role: "group", "aria-label": stage.text.legend });
    this.chips = new Map();
  }

  show(scene) {
    const ids = scene.contenders.map((contender) => contender.id);
    if (ids.join("\n") !== [...this.chips.keys()].join("\n")) this.rebuild(ids);
    this.node.hidden = ids.length === 0;
    this.node.classList.toggle("lv-many", ids.length > MANY);
    for (const contender of scene.contenders) this.update(contender);
  }

  rebuild(ids) {
    this.chips = new Map(ids.map((id) => [id, this.chip(id)]));
    this.node.replaceChildren(...[...this.chips.values()].map((chip) => chip.node));
  }

  chip(id) {
    const sample = el("canvas", { class: "lv-sample", "aria-hidden": "true" });
    const label = el("span", { class: "lv-label" });
    const detail = el("span", { class: "lv-detail" });
    const status = el("span", { class: "lv-status" });
    const node = el("button", { type: "button", class: "lv-chip", "data-contender": id,
      onclick: () => this.stage.toggle(id) }, sample, label, detail, status);
    return { node, sample, label, detail, status };
  }

  update(contender) {
    const chip = this.chips.get(contender.id);
    const hidden = this.stage.hidden.has(contender.id);
    const mark = this.stage.markOf(contender);
    const wanted = JSON.stringify([contender, hidden, mark, this.stage.theme.mode]);
    if (wanted === chip.shown) return;
    chip.shown = wanted;
    chip.node.setAttribute("aria-pressed", String(!hidden));
    chip.node.classList.toggle("lv-diverged", contender.diverged);
    for (const part of ["label", "detail", "status"]) say(chip[part], contender[part]);
    // Where there is no room for them on the chip, the words are in its title.
    chip.node.title = [contender.label, contender.detail, contender.status].filter(Boolean).join(", ");
    drawSample(chip.sample, mark, contender.diverged, this.stage.theme.palette.background);
  }
}

export function drawSample(canvas, mark, diverged, ground) {
  const density = window.devicePixelRatio || 1;
  const [width, height] = [38, 16];
  canvas.width = width * density;
  canvas.height = height * density;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.strokeStyle = mark.color;
  context.lineWidth = 2.4;
  context.setLineDash(mark.dash);
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width - 8, height / 2);
  context.stroke();
  if (diverged) drawDiverged(context, mark, width - 8, height / 2, ground, 4.5);
  else drawHead(context, mark, width - 8, height / 2, ground, 5.4);
}
