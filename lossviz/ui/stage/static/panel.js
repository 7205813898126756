// What all panels share: a titled section, a host of reserved size, three layers in it.

import { el } from "./dom.js";
import { Layer } from "./layer.js";
import { Tip } from "./tip.js";

export class Panel {
  constructor(stage, name, title) {
    this.stage = stage;
    this.dirty = true;
    this.title = el("h3", {}, title);
    this.tools = el("div", { class: "lv-tools" });
    this.host = el("div", { class: "lv-host" });
    this.caption = el("p", { class: "lv-caption" });
    this.header = el("header", {}, this.title, this.tools);
    this.node = el("section", { class: `lv-panel lv-${name}`, "aria-label": title },
      this.header, this.host, this.caption);
  }

  /** `back` is what stands still: axes, colours; `still` what changes now and then; `moving` the rest. */
  addLayers() {
    this.back = new Layer(this.host, "back");
    this.still = new Layer(this.host, "still");
    this.moving = new Layer(this.host, "moving");
    this.tip = new Tip(this.host);
  }

  /** The host's size, asked for once until `resized`: to ask makes the browser lay out the page. */
  get size() {
    return (this.measured ??= { width: this.host.clientWidth, height: this.host.clientHeight });
  }

  resized() {
    this.measured = null;
  }

  fitLayers() {
    const { width, height } = this.size;
    for (const layer of [this.back, this.still, this.moving]) layer.fit(width, height);
  }

  touch() {
    this.dirty = true;
    this.stage.wake();
  }

  /** Pointer position within the host. */
  spot(event) {
    const rect = this.host.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }
}
