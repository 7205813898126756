// The panel of pictures at the side: what one contender's model says, or anything else that is drawn
// for the step shown.

import { drawAxes, mapping } from "./axes.js";
import { Confusion } from "./confusion.js";
import { el, say } from "./dom.js";
import { Fit } from "./fit.js";
import { fill } from "./format.js";
import { Histogram } from "./histogram.js";
import { Matrix } from "./matrix.js";
import { Panel } from "./panel.js";
import { Parity } from "./parity.js";
import { Profile } from "./profile.js";
import { Regions } from "./regions.js";

const KINDS = { regions: Regions, fit: Fit, confusion: Confusion, parity: Parity, profile: Profile,
  histogram: Histogram, matrix: Matrix };

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
    this.host.addEventListener("pointermove", (event) => this.hover(event));
    this.host.addEventListener("pointerleave", () => this.leave());
  }

  /** `scene` has `predictions` with their `frames`, or a note, and who can be chosen. */
  show(scene) {
    const { predictions } = scene;
    this.offer(scene);
    this.note.hidden = Boolean(predictions);
    this.note.textContent = scene.predictionsNote;
    this.frames = scene.frames;
    this.picture = predictions ? this.pictureOf(scene, predictions) : null;
    this.legend.replaceChildren(...(this.picture?.legend(this.stage.text) ?? []));
    if (!this.picture) say(this.when, "");
    this.refresh();
  }

  pictureOf(scene, predictions) {
    const { theme } = this.stage;
    const owner = scene.contenders.find((contender) => contender.id === predictions.contender);
    const color = owner ? this.stage.markOf(owner).color : theme.palette.accent;
    return new KINDS[predictions.kind](predictions, theme, color, this.stage);
  }

  /** The list to choose from, without disturbing one that is open and still the same. */
  offer({ choices, contenders, predictions }) {
    const labels = new Map(contenders.map((contender) => [contender.id, contender.label]));
    const offered = JSON.stringify([choices, [...labels]]);
    if (offered !== this.offered) {
      this.offered = offered;
      this.select.replaceChildren(...choices.map((id) => el("option", { value: id }, labels.get(id) ?? id)));
    }
    this.select.hidden = choices.length < 2 || predictions?.contender === "";
    if (predictions?.contender) this.select.value = predictions.contender;
  }

  refresh() {
    this.fitLayers();
    this.forgetRow();
    this.tip.hide();
    this.layAxes(this.picture?.axes);
    const context = this.still.clear();
    if (this.map) this.drawPoints(context, this.map.box);
    this.layerPoints();
    this.touch();
  }

  /** The axes, and with them the map, of all that is drawn from now on. */
  layAxes(axes) {
    this.axes = axes ?? null;
    this.map = axes ? mapping(this.size, MARGIN, axes.x, axes.y, axes.log) : null;
    const ground = this.back.clear();
    if (!this.map) return;
    const { xTitle: x, yTitle: y, gridY, across, up } = axes;
    drawAxes(ground, this.map, this.stage.theme, { x, y, gridY, across, up });
  }

  /** Draw on the next frame, whatever row it is. */
  forgetRow() {
    this.row = -1;
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
    const { frames } = this;
    const row = frames ? Math.max(frames.at(time), 0) : -1;
    if (row === this.row && row >= 0) return;
    this.row = row;
    const context = this.moving.clear();
    if (!this.picture || row < 0 || !frames.count) return;
    if (this.picture.axesAt) this.layAxes(this.picture.axesAt(row));
    if (!this.place) return;
    this.picture.draw(context, this.place, frames, row, this.stage.text);
    this.warn(this.picture.drawOver?.(context, this.place, frames, row));
    say(this.when, this.picture.still ? "" : fill(this.stage.text.frameStep, { step: frames.steps[row] }));
    if (this.spotted) this.point(...this.spotted);
  }

  /** What a picture is drawn into: its axes' map, or the whole panel. */
  get place() {
    return this.axes ? this.map : { width: this.moving.width, height: this.moving.height };
  }

  /** A picture that most of the predictions have left says so. */
  warn(seen) {
    const gone = Boolean(seen) && 2 * seen.away > seen.count;
    this.note.hidden = !gone;
    say(this.note, gone ? fill(this.stage.text.outOfRange, { count: seen.away, total: seen.count }) : "");
  }

  /** Between new data and the next frame there is no row yet; that frame then says the numbers. */
  hover(event) {
    this.spotted = this.spot(event);
    if (this.row >= 0) this.point(...this.spotted);
  }

  /** Say the numbers at a place in the panel. */
  point(x, y) {
    const lines = this.place && this.picture?.at?.(x, y, this.place, this.row, this.stage.text);
    if (lines) this.tip.show(x, y, lines);
    else this.tip.hide();
  }

  leave() {
    this.spotted = null;
    this.tip.hide();
  }

  destroy() {}
}
