// The surface as a landscape: Plotly's gl surface, and ways projected onto the screen by its camera.

import { bilinear } from "./bilinear.js";
import {
  cameraDistance, cameraEye, cameraStamp, copyCamera, keepCamera, letGoWhenLost, placeCamera, projector,
} from "./camera3d.js";
import { number } from "./format.js";
import { baseLayout, Plot } from "./plot.js";
import { drawMarks, drawRings } from "./points.js";
import { colorTicks, rows } from "./scale.js";
import { trail } from "./trail.js";

const CAMERA = { eye: { x: -1.1, y: -1.24, z: 0.9 }, center: { x: 0, y: 0, z: -0.2 } };

const ROOM = 560; // pixels of width that hold the words at the axes too; with less, the eye steps back

/** Where the eye is at first. */
function homeCamera({ width }) {
  const back = Math.min(Math.max(1, ROOM / width), 1.28);
  const { x, y, z } = CAMERA.eye;
  return { eye: { x: back * x, y: back * y, z: back * z }, center: { ...CAMERA.center } };
}

export function webglWorks() {
  try {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  } catch {
    return false;
  }
}

export class Landscape {
  /** `on` has what is called: `view` when the picture has changed, `lost` when the browser has taken
   *  it away, `turn` when a hand moves the camera (and, with true, has let it go). */
  constructor(plotly, host, on) {
    this.plot = new Plot(plotly, host, () => {
      if (!this.listening) this.listen();
      on.view();
    });
    this.on = on;
    this.project = null;
    this.stamp = 0;
  }

  listen() {
    this.listening = true;
    const { node } = this.plot;
    node.on("plotly_hover", (event) => (this.hovered = event.points[0]));
    node.on("plotly_unhover", () => (this.hovered = null));
    // So many pictures and no more: a browser takes the oldest away for a new one.
    if (letGoWhenLost(node)) node.on("plotly_webglcontextlost", () => this.on.lost());
    const turned = (done) => (change) => {
      if (change["scene.camera"] && !this.led) this.on.turn(done);
    };
    node.on("plotly_relayouting", turned(false));
    node.on("plotly_relayout", turned(true));
    handle(node);
  }

  async show(surface, scale, theme, version, items, size) {
    this.home = homeCamera(size);
    const layout = sceneLayout(surface, scale, theme, this.home, size.width >= ROOM);
    Object.assign(this, { surface, scale });
    const traces = () => [landscape(surface, scale, theme)];
    await this.plot.show(version, traces, layout, size);
    if (this.plot.painted && !projector(this.plot.node)) {
      const fixed = () => [...traces(), ...items.map((item) => fixedWay(item, scale))];
      await this.plot.show(`${version}|fixed`, fixed, layout, size);
    }
  }

  /** Whether the camera has moved since the last call of `remap`. */
  get turned() {
    return this.plot.painted !== null && cameraStamp(this.plot.node) !== this.stamp;
  }

  /** Look from where the other one looks. */
  follow(other, stay) {
    if (!this.plot.painted) return;
    this.led = true;
    copyCamera(other.plot.node, this.plot.node, stay);
    this.led = false;
  }

  remap() {
    this.stamp = cameraStamp(this.plot.node);
    this.project = projector(this.plot.node);
  }

  get box() {
    if (!this.project) return null;
    return { left: 0, top: 0, ...this.plot.size };
  }

  /** A way at the slice's own height; it ends where the slice has no finite loss. */
  trail(columns) {
    const { x, y, sliceLoss } = columns;
    return trail(columns.steps, columns.count, (row, out) => this.place(x[row], y[row], sliceLoss[row], out));
  }

  /** The pixel, in `out`, of a point of the plane at the height of `loss`, or (null) on the surface as
   *  far down as it is drawn. */
  place(x, y, loss, out) {
    const { scale, surface } = this;
    const height = loss === null
      ? Math.max(bilinear(surface.x.data, surface.y.data, scale.values, x, y), scale.low) : heightOf(scale, loss);
    return Number.isFinite(height) && this.project(x, y, height, out);
  }

  drawStill(context, surface, scale, palette) {
    if (surface.marks && !surface.markLabels.length) drawMarks(context, surface.marks, this, palette);
    if (surface.starts) drawRings(context, surface.starts, this, palette);
  }

  get moved() {
    const eye = cameraEye(this.plot.node);
    return Boolean(eye) && Math.abs(eye.x - this.home.eye.x) + Math.abs(eye.y - this.home.eye.y) > 1e-6;
  }

  reset() {
    return this.plot.plotly.relayout(this.plot.node, { "scene.camera": structuredClone(this.home) });
  }

  destroy() {
    this.plot.destroy();
  }
}

/** What Plotly leaves out: two fingers move the camera nearer and farther, and it stays there. */
function handle(node) {
  const spread = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  // Distance times spread while two fingers are down, 0 when only one is left, null otherwise.
  let hold = null;
  const heed = (event) => {
    const { type, touches } = event;
    if (touches.length > 1 && type !== "touchmove") hold = cameraDistance(node) * spread(touches);
    else if (type === "touchstart") hold = null;
    else if (touches.length === 1 && hold !== null) hold = 0;
    if (hold === null || type === "touchend") return;
    event.preventDefault();
    event.stopPropagation(); // or it would be turned as well, by one of the two
    if (hold > 0) placeCamera(node, hold / Math.max(1, spread(touches)));
  };
  const how = { capture: true, passive: false };
  for (const type of ["touchstart", "touchmove", "touchend"]) node.addEventListener(type, heed, how);
  for (const type of ["touchend", "touchcancel"]) node.addEventListener(type, () => keepCamera(node));
}

/** In units of the vertical axis; a loss of zero on a log scale stands on the floor. */
function heightOf(scale, loss) {
  const height = scale.toScale(loss);
  return height === -Infinity ? scale.low : height;
}

function sceneLayout(surface, scale, theme, camera, roomy) {
  const { palette } = theme;
  // What stands in brackets is left out where there is no room for it.
  const titleOf = (title) => (roomy ? title : title.replace(/ \(.*\)$/, ""));
  const look = (text, more) => ({
    title: { text, font: { size: 12, color: palette.muted } },
    gridcolor: palette.grid, linecolor: palette.grid, zeroline: false, showbackground: false,
    tickfont: { size: 10, color: palette.muted }, nticks: 5, showspikes: false, ...more,
  });
  const { places, words } = colorTicks(scale);
  const room = 0.04 * (scale.high - scale.low);
  return {
    ...baseLayout(theme),
    margin: { l: 0, r: 0, t: 0, b: 0 },
    scene: {
      xaxis: look(titleOf(surface.xTitle), { range: [surface.x.data[0], surface.x.data.at(-1)] }),
      yaxis: look(titleOf(surface.yTitle), { range: [surface.y.data[0], surface.y.data.at(-1)] }),
      zaxis: look("", {
        range: [scale.low - room, scale.high + room],
        tickvals: places,
        ticktext: words,
      }),
      camera: structuredClone(camera),
      aspectmode: "manual",
      aspectratio: { x: 1.15, y: 1.15, z: 0.7 },
      dragmode: "orbit",
      uirevision: surface.uirevision,
    },
    uirevision: surface.uirevision,
  };
}

function landscape(surface, scale, theme) {
  const width = surface.x.data.length;
  const losses = rows(surface.z.data, width);
  return {
    type: "surface",
    x: surface.x.data,
    y: surface.y.data,
    z: rows(scale.values, width),
    cmin: scale.low,
    cmax: scale.high,
    colorscale: theme.scale,
    showscale: false,
    connectgaps: false,
    lighting: { ambient: 0.82, diffuse: 0.4, specular: 0.03, roughness: 0.95, fresnel: 0.02 },
    contours: {
      z: {
        show: true, start: scale.low, end: scale.high, size: scale.step, width: 1,
        color: theme.mode === "dark" ? "rgba(232,234,237,.30)" : "rgba(30,36,48,.30)",
        highlight: false,
      },
      x: { highlight: false },
      y: { highlight: false },
    },
    text: losses.map((row) => Array.from(row, (loss) => number(loss))),
    hovertemplate: "%{x:.3g}, %{y:.3g}<br>%{text}<extra></extra>",
  };
}

/** Without the camera's matrices: the whole way as a line of Plotly's own, which does not move. */
function fixedWay({ mark, columns }, scale) {
  const upTo = (column) => Array.from(column.subarray(0, columns.count));
  return {
    type: "scatter3d",
    mode: "lines",
    x: upTo(columns.x),
    y: upTo(columns.y),
    z: upTo(columns.sliceLoss).map((loss) => heightOf(scale, loss)),
    line: { color: mark.color, width: 5 },
    hoverinfo: "skip",
  };
}
