// One Plotly instance: what stands still under the layers. Asked again only when something differs.

import { PLOT_CONFIG } from "./axes.js";

export class Plot {
  /** `onView` is called after every repaint by Plotly: new data, new size, zoom. */
  constructor(plotly, host, onView) {
    this.plotly = plotly;
    this.host = host;
    this.onView = onView;
    this.node = document.createElement("div");
    this.node.className = "lv-plotly";
    host.append(this.node);
    this.painted = null;
  }

  get size() {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  /** Show these traces; `key` tells whether anything has changed since last time. */
  async show(key, traces, layout, config = {}) {
    const { width, height } = this.size;
    if (width < 40 || height < 40) return;
    const wanted = `${key}|${width}x${height}`;
    if (wanted === this.painted) return;
    const first = this.painted === null;
    this.painted = wanted;
    const call = first ? this.plotly.newPlot : this.plotly.react;
    await call(this.node, traces(), { ...layout, width, height }, { ...PLOT_CONFIG, ...config });
    if (this.gone) return;
    if (first) this.listen();
    this.onView();
  }

  listen() {
    this.node.on("plotly_afterplot", () => this.onView());
    this.node.on("plotly_relayouting", () => this.onView());
  }

  hide(hidden) {
    this.node.style.visibility = hidden ? "hidden" : "";
  }

  destroy() {
    this.gone = true;
    if (this.painted !== null) this.plotly.purge(this.node);
    this.node.remove();
  }
}
