// The rings where runs start: moved by mouse, finger or arrow keys, taken away by Delete.

import { el } from "./dom.js";
import { fill, number } from "./format.js";
import { Gate } from "./gate.js";
import { inside } from "./heads.js";
import { WAYS } from "./keys.js";

const STILL = 3; // pixels a pointer may stray and still have pressed, not dragged
const BELIEVE = 4000; // milliseconds for which the hand is believed rather than an older message

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Starts {
  /** `map()` gives the flat picture's map, or null while there is none. */
  constructor(stage, host, map) {
    Object.assign(this, { stage, host, map });
    this.points = [];
    this.nodes = [];
    this.moved = new Map(); // index -> where the hand has put it, until the page says the same
    this.gate = new Gate((value) => stage.fire("drag", value));
    this.group = el("div", { class: "lv-starts", role: "group", "aria-label": stage.text.starts });
    host.append(this.group);
  }

  /** The page's own word on where the starts are. */
  show(surface) {
    const { starts } = surface;
    const flat = starts?.data ?? [];
    const points = Array.from({ length: flat.length / 2 }, (_, i) => ({ x: flat[2 * i], y: flat[2 * i + 1] }));
    if (points.length !== this.points.length) this.moved.clear();
    this.points = points;
    this.draggable = surface.draggable;
    this.span = [surface.x.data, surface.y.data].map((axis) => axis[axis.length - 1] - axis[0]);
    for (const [index, put] of this.moved) {
      if (index !== this.held?.index && this.agrees(put, points[index])) this.moved.delete(index);
    }
    if (points.length !== this.nodes.length) this.rebuild();
    this.place();
  }

  agrees(put, point) {
    const near = (a, b, span) => Math.abs(a - b) <= 1e-6 * span + 1e-6 * Math.abs(b);
    const same = near(put.x, point.x, this.span[0]) && near(put.y, point.y, this.span[1]);
    return same || performance.now() > put.until;
  }

  rebuild() {
    const focused = this.nodes.indexOf(document.activeElement);
    this.nodes = this.points.map((_, index) => this.ring(index));
    this.group.replaceChildren(...this.nodes);
    this.rove(clamp(this.roving ?? 0, 0, this.nodes.length - 1));
    if (focused >= 0) this.nodes[this.roving]?.focus();
  }

  ring(index) {
    return el("button", {
      type: "button", class: `lv-start${index ? "" : " lv-main"}`, "data-index": index,
      "data-own-keys": Object.keys(WAYS).join(" "),
      onpointerdown: (event) => this.press(event, index),
      onpointermove: (event) => this.drag(event),
      onpointerup: (event) => this.release(event),
      onpointercancel: (event) => this.release(event),
      ondblclick: () => this.drop(index),
      onkeydown: (event) => this.key(event, index),
      onfocus: () => this.rove(index),
    });
  }

  /** One of the rings is reached by Tab; PageUp and PageDown go on to the others. */
  rove(index) {
    this.roving = index;
    this.nodes.forEach((node, i) => (node.tabIndex = i === index ? 0 : -1));
  }

  at(index) {
    return this.moved.get(index) ?? this.points[index];
  }

  /** Put every ring at its pixel; those out of view are not there. */
  place() {
    const map = this.map();
    this.group.hidden = !map;
    if (!map) return;
    this.nodes.forEach((node, index) => {
      const point = this.at(index);
      const [x, y] = [map.x(point.x), map.y(point.y)];
      node.hidden = !inside(map.box, x, y);
      node.disabled = !this.draggable;
      node.style.transform = `translate(${x.toFixed(2)}px, ${y.toFixed(2)}px)`;
      const words = fill(this.stage.text.startAt, { number: index + 1, x: number(point.x), y: number(point.y) });
      if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
    });
  }

  /** Move a ring; the page hears of it as soon as it has answered the last time. */
  put(index, x, y) {
    const [left, right] = this.map().rangeX;
    const [low, high] = this.map().rangeY;
    const point = { x: clamp(x, left, right), y: clamp(y, low, high) };
    this.moved.set(index, { ...point, until: performance.now() + BELIEVE });
    this.place();
    this.gate.offer({ index, ...point });
  }

  spot(event) {
    const rect = this.host.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  press(event, index) {
    if (event.button !== 0 || !this.map()) return;
    const [x, y] = this.spot(event);
    const { map } = this;
    const point = this.at(index);
    // The ring keeps its place under the pointer: it does not jump to have its middle there.
    const grip = [x - map().x(point.x), y - map().y(point.y)];
    this.held = { index, from: [x, y], grip, started: false, id: event.pointerId };
    this.nodes[index].setPointerCapture(event.pointerId);
  }

  drag(event) {
    const { held } = this;
    if (!held || event.pointerId !== held.id) return;
    const [x, y] = this.spot(event);
    held.started ||= Math.hypot(x - held.from[0], y - held.from[1]) > STILL;
    if (!held.started) return;
    const map = this.map();
    if (map) this.put(held.index, map.backX(x - held.grip[0]), map.backY(y - held.grip[1]));
  }

  release(event) {
    if (!this.held || event.pointerId !== this.held.id) return;
    this.held = null;
    this.gate.flush();
  }

  drop(index) {
    if (!this.draggable || this.points.length < 2) return;
    this.held = null;
    this.stage.fire("drop", { index });
  }

  key(event, index) {
    if (event.key === "Delete" || event.key === "Backspace") this.drop(index);
    else if (event.key === "PageDown" || event.key === "PageUp") {
      const to = index + (event.key === "PageDown" ? 1 : -1);
      this.nodes[(to + this.nodes.length) % this.nodes.length].focus();
    } else if (WAYS[event.key] && this.draggable && this.map()) this.nudge(index, WAYS[event.key], event.shiftKey);
    else return;
    event.preventDefault();
  }

  /** A hundredth of the picture, or a tenth. */
  nudge(index, [right, up], far) {
    const { rangeX, rangeY } = this.map();
    const share = far ? 0.1 : 0.01;
    const { x, y } = this.at(index);
    this.put(index, x + right * share * (rangeX[1] - rangeX[0]), y + up * share * (rangeY[1] - rangeY[0]));
  }

  destroy() {
    this.gate.close();
  }
}
