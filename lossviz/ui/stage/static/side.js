// The lower panel at the side where it has tabs: pictures and ledgers in turn, of which one is seen.

import { el } from "./dom.js";
import { LedgerPanel } from "./ledger.js";
import { PredictPanel } from "./predict.js";
import { Tabs } from "./tabs.js";

export class SidePanel {
  constructor(stage) {
    this.stage = stage;
    this.dirty = true;
    this.faces = { predictions: new PredictPanel(stage), ledger: new LedgerPanel(stage) };
    this.title = el("h3", {});
    this.tabs = new Tabs(this.title, stage.text.side, () => this.show(stage.scene));
    const tools = el("div", { class: "lv-tools" });
    const header = el("header", {}, this.title, this.tabs.node, tools);
    this.host = el("div", { class: "lv-faces" });
    for (const face of this.every()) {
      face.header.remove(); // its tools stand beside the tabs
      tools.append(face.tools);
      this.host.append(face.node);
      face.touch = () => this.touch();
    }
    this.node = el("section", { class: "lv-panel lv-lower", "aria-label": stage.text.side }, header, this.host);
  }

  every() {
    return Object.values(this.faces);
  }

  /** The face of that name while it is seen. */
  shown(name) {
    return this.face === this.faces[name] ? this.face : null;
  }

  show(scene) {
    const tab = this.tabs.show(scene.side);
    this.title.textContent = tab.tab;
    this.turn(tab.ledgers ? this.faces.ledger : this.faces.predictions);
    const { contenders, choices } = scene;
    // One tab, one title: the ledgers' own tabs have nothing to choose from.
    const ledgers = (tab.ledgers ?? []).map((ledger) => ({ ...ledger, title: tab.tab }));
    this.face.show({ contenders, choices, ledgers, predictions: tab.picture ?? null, frames: tab.frames,
      predictionsNote: tab.note ?? "" });
  }

  turn(face) {
    for (const one of this.every()) one.node.hidden = one.tools.hidden = one !== face;
    if (face !== this.face) face.resized(); // out of sight it had no size
    this.face = face;
  }

  /** Others are hidden than before. */
  refresh() {
    this.shown("predictions")?.refresh();
  }

  touch() {
    this.dirty = true;
    this.stage.wake();
  }

  draw(time) {
    this.face?.draw(time);
  }

  forgetRow() {
    this.faces.predictions.forgetRow();
  }

  resized() {
    for (const face of this.every()) face.resized();
  }

  destroy() {
    for (const face of this.every()) face.destroy();
  }
}
