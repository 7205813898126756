// One picture with its axes: heat, areas, lines, marks, what can be moved, and what is hovered.

import { Handles } from "./handles.js";
import { picture } from "./heat.js";
import { Hover } from "./hover.js";
import { Scale } from "./scale.js";
import { html, path, svg } from "./svg.js";

const MARGIN = { left: 46, right: 12, top: 8, bottom: 40 };
const SHAPES = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
  square: "M-4.5 -4.5h9v9h-9z",
  triangle: "M0 -5.5L5.5 4.5H-5.5z",
  diamond: "M0 -6L6 0L0 6L-6 0z",
  cross: "M-5 -1.7h3.3v-3.3h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3z",
  star: "M0 -6.5L1.7 -2L6.4 -2L2.6 1L4 5.5L0 2.8L-4 5.5L-2.6 1L-6.4 -2L-1.7 -2z",
  pentagon: "M0 -6L5.7 -1.8L3.5 4.8H-3.5L-5.7 -1.8z",
  hexagon: "M-5.5 0L-2.8 -4.8H2.8L5.5 0L2.8 4.8H-2.8z",
};
let ids = 0;

export class Panel {
  constructor(gates) {
    this.gates = gates;
    this.id = `lv-sketch-${++ids}`;
    this.root = html("figure", { class: "lv-sketch-panel" });
    this.title = html("figcaption", {});
    this.svg = svg("svg", { class: "lv-sketch-svg", role: "group" });
    this.frame = html("div", { class: "lv-sketch-frame" }, this.svg);
    this.root.append(this.title, this.frame);
    this.clip = svg("rect", {});
    this.back = svg("g", { "clip-path": `url(#${this.id})` });
    this.axes = svg("g", { class: "lv-sketch-axes" });
    this.body = svg("g", { "clip-path": `url(#${this.id})` });
    this.tops = svg("g", {});
    this.heads = svg("g", {});
    this.hover = new Hover(this);
    this.sets = new Map();
    this.svg.append(svg("defs", {}, svg("clipPath", { id: this.id }, this.clip)),
      this.back, this.axes, this.body, this.tops, this.heads, this.hover.layer);
    this.frame.append(this.hover.tip);
    this.listen();
  }

  listen() {
    this.svg.addEventListener("pointermove", (event) => {
      if ([...this.sets.values()].some((set) => set.held !== null)) this.hover.hide();
      else this.hover.show(event);
    });
    this.svg.addEventListener("pointerdown", (event) => this.hover.show(event));
    this.svg.addEventListener("pointerleave", () => this.hover.hide());
    this.svg.addEventListener("dblclick", (event) => {
      const [x, y] = this.spot(event);
      if (event.target.closest(".lv-sketch-handle")) return;
      for (const set of this.sets.values()) if (set.more(this.x.value(x), this.y.value(y))) return;
    });
    this.sizes = new ResizeObserver(() => this.data && this.draw());
    this.sizes.observe(this.frame);
  }

  // Where an event is, in pixels of the picture.
  spot(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  update(data, seen) {
    this.data = data;
    this.seen = seen;
    this.root.style.flexGrow = data.grow;
    this.title.replaceChildren(html("b", {}, data.title), " ", html("span", {}, data.note));
    this.frame.style.setProperty("--height", `${data.height}px`);
    this.svg.setAttribute("aria-label", data.title);
    this.draw();
  }

  draw() {
    const { width, height } = this.frame.getBoundingClientRect();
    if (width < 40) return;
    [this.width, this.height] = [width, height];
    const { data } = this;
    this.x = new Scale(data.x, MARGIN.left, width - MARGIN.right);
    this.y = new Scale(data.y, height - MARGIN.bottom, MARGIN.top);
    const box = { x: this.x.from, y: this.y.to, width: this.x.to - this.x.from,
      height: this.y.from - this.y.to };
    for (const [name, value] of Object.entries(box)) this.clip.setAttribute(name, value);
    this.drawHeat(box);
    this.drawAxes(box);
    this.body.replaceChildren(...data.areas.map((one) => this.area(one)),
      ...data.rules.map((one) => this.rule(one)), ...data.lines.map((one) => this.line(one)));
    this.tops.replaceChildren(...data.marks.map((one) => this.mark(one)));
    this.drawHandles();
    this.hover.hide();
    if (this.frameAt !== undefined) this.seek(this.frameAt);
  }

  drawHeat(box) {
    const { heat } = this.data;
    const look = heat && JSON.stringify([box, heat.key]);
    if (look === this.heatLook) return;
    this.heatLook = look;
    const image = heat && svg("image", { ...box, href: picture(heat, box.width, box.height),
      preserveAspectRatio: "none" });
    this.back.replaceChildren(...(image ? [image] : []));
  }

  drawAxes({ x, y, width, height }) {
    const { data } = this;
    const foot = y + height;
    const parts = [svg("line", { class: "lv-edge", x1: x, x2: x + width, y1: foot, y2: foot })];
    for (const [value, text] of this.x.ticks()) {
      const at = this.x.pixel(value);
      if (!data.x.bare) parts.push(svg("line", { x1: at, x2: at, y1: y, y2: foot }));
      parts.push(svg("text", { x: at, y: foot + 16, "text-anchor": "middle" }, text));
    }
    for (const [value, text] of this.y.ticks()) {
      const at = this.y.pixel(value);
      parts.push(svg("line", { x1: x, x2: x + width, y1: at, y2: at }));
      parts.push(svg("text", { x: x - 6, y: at + 4, "text-anchor": "end" }, text));
    }
    parts.push(svg("text", { class: "lv-axis", x: x + width / 2, y: foot + 33,
      "text-anchor": "middle" }, data.x.title));
    // The name of the upright axis lies inside, where it takes no width away.
    if (data.y.title) {
      parts.push(svg("text", { class: "lv-axis lv-up", x: x + 6, y: y + 12 }, data.y.title));
    }
    this.axes.replaceChildren(...parts);
    this.axes.classList.toggle("lv-over", Boolean(data.heat));
  }

  points({ x, y }) {
    return [Array.from(x, (one) => this.x.pixel(one)),
      Array.from(y, (one) => (one === null ? NaN : this.y.pixel(one)))];
  }

  line(one) {
    const [xs, ys] = this.points(one);
    const look = { d: path(xs, ys), fill: "none", stroke: one.color,
      "stroke-width": one.width, "stroke-linejoin": "round", opacity: one.opacity };
    const line = svg("path", { ...look, "stroke-dasharray": one.dash.join(" ") });
    // On a coloured ground a line has a thin halo of the page's colour.
    if (!this.data.heat) return line;
    return svg("g", {}, svg("path", { ...look, class: "lv-halo", "stroke-width": 4.5 }), line);
  }

  area(one) {
    const [xs, ys] = this.points(one);
    const foot = this.y.pixel(Math.max(0, this.y.low));
    const d = `M${xs[0]} ${foot}L${path(xs, ys).slice(1)}L${xs.at(-1)} ${foot}Z`;
    return svg("path", { d, fill: one.color, opacity: one.opacity });
  }

  rule({ axis, at, color, text, begin }) {
    const place = axis === "x" ? { x1: this.x.pixel(at), x2: this.x.pixel(at), y1: this.y.from,
      y2: this.y.to } : { y1: this.y.pixel(at), y2: this.y.pixel(at), x1: this.x.from,
      x2: this.x.to };
    const line = svg("line", { ...place, class: "lv-level", stroke: color });
    if (!text) return line;
    const words = svg("text", { class: "lv-axis", x: begin ? place.x1 + 6 : place.x2 - 5,
      y: begin ? place.y1 + 15 : place.y2 - 5, "text-anchor": begin ? "start" : "end" }, text);
    return svg("g", {}, line, words);
  }

  mark(one) {
    const [x, y] = [this.x.pixel(one.x), this.y.pixel(one.y)];
    const shape = svg("path", { class: "lv-mark", d: SHAPES[one.shape] ?? SHAPES.circle,
      fill: one.color, transform: `translate(${x} ${y})` });
    shape.append(svg("title", {}, one.label));
    return shape;
  }

  drawHandles() {
    const wanted = new Set(this.data.handles.map((one) => one.name));
    for (const [name, set] of this.sets) {
      if (!wanted.has(name)) { set.layer.remove(); this.sets.delete(name); }
    }
    for (const one of this.data.handles) {
      let set = this.sets.get(one.name);
      if (!set) {
        set = new Handles(this, this.gates(one.name));
        this.sets.set(one.name, set);
        this.svg.insertBefore(set.layer, this.hover.layer);
      }
      set.update(one, this.seen);
    }
  }

  // The heads on the lines at a frame of the clock.
  seek(frame) {
    this.frameAt = frame;
    if (!this.x) return;
    this.heads.replaceChildren(...this.data.heads.map((one) => {
      const at = Math.min(frame, one.x.length - 1);
      return this.mark({ ...one, x: one.x[at], y: one.y[at] });
    }));
  }

  remove() {
    this.sizes.disconnect();
    this.root.remove();
  }
}
