// From data to pixels and back, out of what Plotly shows publicly: the drag rectangle and the ranges.

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

/** One axis; `more` adds to it. */
export function axis(theme, title, more = {}) {
  const { palette } = theme;
  return {
    title: { text: title, standoff: 6, font: { size: 12, color: palette.muted } },
    gridcolor: palette.grid,
    linecolor: palette.grid,
    zeroline: false,
    ticks: "outside",
    ticklen: 4,
    tickcolor: palette.grid,
    tickfont: { size: 11, color: palette.muted },
    autorange: false,
    ...more,
  };
}

export const PLOT_CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", showTips: false };

/** The current map of a cartesian plot, or null while there is none. */
export function mapping(plot) {
  const rect = plot.querySelector("rect.nsewdrag");
  const { xaxis, yaxis } = plot.layout ?? {};
  if (!rect || !xaxis?.range || !yaxis?.range) return null;
  const side = (name) => Number(rect.getAttribute(name));
  const box = { left: side("x"), top: side("y"), width: side("width"), height: side("height") };
  const [x0, x1] = xaxis.range.map(Number);
  const [y0, y1] = yaxis.range.map(Number);
  const log = yaxis.type === "log";
  const scaleX = box.width / (x1 - x0);
  const scaleY = box.height / (y1 - y0);
  return {
    box,
    x: (value) => box.left + (value - x0) * scaleX,
    y: (value) => box.top + box.height - ((log ? Math.log10(value) : value) - y0) * scaleY,
    backX: (pixel) => x0 + (pixel - box.left) / scaleX,
    backY: (pixel) => y0 + (box.top + box.height - pixel) / scaleY,
  };
}
