// The predictions panel: what one contender's model says, at the step shown.

import { drawAxes, mapping } from "./axes.js";
import { Confusion } from "./confusion.js";
import { el, say } from "./dom.js";
import { Fit } from "./fit.js";
import { fill } from "./format.js";
import { Panel } from "./panel.js";
import { Parity } from "./parity.js";
import { Regions } from "./regions.js";

const KINDS = { regions: Regions, fit: Fit, confusion: Confusion, parity: Parity };

const MARGIN = { left: 52, right: 12, top: 8, bottom: 36 };

export class PredictPanel extends Panel {
  constructor(stage) {
    super(stage, "predict", stage.text.predictions);
    this.addLayers();
    this.note = el("p", { class: "lv-wait", hidden: true });
    this.host.append(this.note);
    this.legend = el("span", { class: "lv-classes" });
    this.when = el("span", { class: "lv-when" });
    this.caption.append(this.legend, this.when);
    this.select = el("select", { "aria-label": stage.text.choose,
      onchange: () => stage.fire("choose", this.select.value) });
    this.tools.append(this.select);
  }

  show(scene) {
    const { text } = this.stage;
    const { predictions } = scene;
    this.offer(scene);
    this.note.hidden = Boolean(predictions);
    this.note.textContent = scene.predictionsNote;
    this.row = -1;
    this.picture = null;
    this.legend.replaceChildren();
    if (predictions) this.picture = this.pictureOf(scene, predictions);
    if (this.picture) this.legend.replaceChildren(...this.picture.legend(text));
    this.refresh();
  }

  pictureOf(scene, predictions) {
    const { theme } = this.stage;
    const owner = scene.contenders.find((contender) => contender.id === predictions.contender);
    const color = owner ? this.stage.markOf(owner).color : theme.palette.accent;
    return new KINDS[predictions.kind](predictions, theme, color);
  }

  /** The list to choose from, without disturbing one that is open and still the same. */
  offer({ choices, contenders, predictions }) {
    const labels = new Map(contenders.map((contender) => [contender.id, contender.label]));
    const offered = JSON.stringify([choices, [...labels]]);
    if (offered !== this.offered) {
      this.offered = offered;
      this.select.replaceChildren(...choices.map((id) => el("option", { value: id }, labels.get(id) ?? id)));
    }
    this.select.hidden = choices.length < 2;
    if (predictions) this.select.value = predictions.contender;
  }

  refresh() {
    this.fitLayers();
    const axes = this.picture?.axes;
    this.map = axes ? mapping(this.size, MARGIN, axes.x, axes.y) : null;
    const ground = this.back.clear();
    const context = this.still.clear();
    if (this.map) {
      drawAxes(ground, this.map, this.stage.theme, { x: axes.xTitle, y: axes.yTitle });
      this.drawPoints(context, this.map.box);
    }
    this.layerPoints();
    this.row = -1;
    this.touch();
  }

  drawPoints(context, box) {
    context.save();
    context.beginPath();
    context.rect(box.left - 4, box.top - 4, box.width + 8, box.height + 8);
    context.clip();
    this.picture.drawPoints(context, this.map);
    context.restore();
  }

  /** Regions lie under the points, a fit's curve over them. */
  layerPoints() {
    const over = Boolean(this.picture?.drawOver);
    this.still.canvas.style.zIndex = over ? 1 : 2;
    this.moving.canvas.style.zIndex = over ? 2 : 1;
  }

  draw(time) {
    const { frames } = this.stage.scene;
    const row = frames ? Math.max(frames.at(time), 0) : -1;
    if (row === this.row && row >= 0) return;
    this.row = row;
    const context = this.moving.clear();
    if (!this.picture || row < 0 || !frames.count) return;
    const place = this.picture.axes ? this.map : { width: this.moving.width, height: this.moving.height };
    if (!place) return;
    this.picture.draw(context, place, frames, row, this.stage.text);
    this.warn(this.picture.drawOver?.(context, place, frames, row));
    say(this.when, fill(this.stage.text.frameStep, { step: frames.steps[row] }));
  }

  /** A picture that most of the predictions have left says so. */
  warn(seen) {
    const gone = Boolean(seen) && 2 * seen.away > seen.count;
    this.note.hidden = !gone;
    say(this.note, gone ? fill(this.stage.text.outOfRange, { count: seen.away, total: seen.count }) : "");
  }

  destroy() {}
}
