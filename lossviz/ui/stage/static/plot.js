// One Plotly instance: the landscape under the layers. Asked again only when something differs.

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", showTips: false };

/** The look all Plotly instances share. */
export function baseLayout(theme) {
  const { palette, font } = theme;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, size: 12, color: palette.muted },
    showlegend: false,
    hoverlabel: {
      bgcolor: palette.panel,
      bordercolor: palette.grid,
      font: { family: font, size: 12, color: palette.text },
    },
  };
}

export class Plot {
  /** `onView` is called after every repaint by Plotly: new data, new size, another camera. */
  constructor(plotly, host, onView) {
    this.plotly = plotly;
    this.host = host;
    this.onView = onView;
    this.node = document.createElement("div");
    this.node.className = "lv-plotly";
    host.append(this.node);
    this.painted = null;
    this.size = { width: 0, height: 0 };
  }

  /** Show these traces; `key` tells whether anything has changed since last time. */
  async show(key, traces, layout, size) {
    const { width, height } = size;
    if (width < 40 || height < 40) return;
    const wanted = `${key}|${width}x${height}`;
    if (wanted === this.painted) return;
    const first = this.painted === null;
    this.painted = wanted;
    this.size = { width, height };
    const call = first ? this.plotly.newPlot : this.plotly.react;
    await call(this.node, traces(), { ...layout, width, height }, CONFIG);
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
