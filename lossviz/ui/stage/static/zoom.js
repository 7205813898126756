// Zoom into the flat surface: a frame drawn with the mouse. Shift moves the picture instead.

import { el } from "./dom.js";
import { inside } from "./heads.js";

const LEAST = 8; // pixels; a frame narrower than this spans the whole side

const within = (value, from, length) => Math.min(Math.max(value, from), from + length);

export class Zoom {
  /** `view()` is the view to zoom, with `map` and `zoom(x, y)`, or null where there is none now. */
  constructor(host, view) {
    this.host = host;
    this.view = view;
    this.band = el("div", { class: "lv-band", hidden: true });
    host.append(this.band);
    this.stop = null;
  }

  /** A mouse button went down at (x, y) of the host. */
  press(event, [x, y]) {
    this.end();
    const view = this.view();
    if (!view?.map || event.pointerType === "touch" || !inside(view.map.box, x, y)) return;
    const from = { x, y, map: view.map, pan: event.shiftKey };
    const { signal } = (this.stop = new AbortController());
    const spot = (at) => {
      const rect = this.host.getBoundingClientRect();
      return [at.clientX - rect.left, at.clientY - rect.top];
    };
    window.addEventListener("pointermove", (at) => this.move(view, from, spot(at)), { signal });
    window.addEventListener("pointerup", (at) => this.release(view, from, spot(at)), { signal });
    for (const name of ["pointercancel", "blur"]) window.addEventListener(name, () => this.end(), { signal });
    window.addEventListener("keydown", ({ key }) => key === "Escape" && this.end(), { signal });
  }

  move(view, from, [x, y]) {
    if (from.pan) {
      view.zoom(...moved(from.map, x - from.x, y - from.y));
      return;
    }
    const frame = this.frame(from, x, y);
    this.band.hidden = !frame;
    if (!frame) return;
    const { style } = this.band;
    for (const side of ["left", "top", "width", "height"]) style[side] = `${frame[side]}px`;
  }

  release(view, from, [x, y]) {
    this.end();
    const frame = from.pan ? null : this.frame(from, x, y);
    if (!frame) return;
    const { map } = from;
    view.zoom([map.backX(frame.left), map.backX(frame.left + frame.width)],
      [map.backY(frame.top + frame.height), map.backY(frame.top)]);
  }

  /** The part of the box between where the mouse went down and (x, y); null while it is a click. */
  frame(from, x, y) {
    const { box } = from.map;
    const [dx, dy] = [Math.abs(x - from.x), Math.abs(y - from.y)];
    if (Math.max(dx, dy) < LEAST) return null;
    const side = (wide, a, b, start, length) => (wide
      ? [within(Math.min(a, b), start, length), within(Math.max(a, b), start, length)]
      : [start, start + length]);
    const [left, right] = side(dx >= LEAST, from.x, x, box.left, box.width);
    const [top, bottom] = side(dy >= LEAST, from.y, y, box.top, box.height);
    return { left, top, width: right - left, height: bottom - top };
  }

  end() {
    this.stop?.abort();
    this.stop = null;
    this.band.hidden = true;
  }
}

/** The ranges of a map after a move by pixels. */
function moved({ box, backX, backY }, dx, dy) {
  return [
    [backX(box.left - dx), backX(box.left + box.width - dx)],
    [backY(box.top + box.height - dy), backY(box.top - dy)],
  ];
}
