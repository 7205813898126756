// What all three panels share: a titled section, a host of reserved size, two layers over it.

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
    this.node = el("section", { class: `lv-panel lv-${name}`, "aria-label": title },
      el("header", {}, this.title, this.tools), this.host, this.caption);
  }

  /** Called once Plotly's node is in the host, so that the layers lie above it. */
  addLayers() {
    this.still = new Layer(this.host, "still");
    this.moving = new Layer(this.host, "moving");
    this.tip = new Tip(this.host);
  }

  fitLayers() {
    const { clientWidth, clientHeight } = this.host;
    this.still.fit(clientWidth, clientHeight);
    this.moving.fit(clientWidth, clientHeight);
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
