// What can be moved: points in the plane, a line across it, or bars that share one whole.

import { show } from "./scale.js";
import { svg } from "./svg.js";

const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
  PageUp: [0, 10], PageDown: [0, -10],
};
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const snap = (value, step) => Number((Math.round(value / step) * step).toPrecision(12));

// The shares when one of them becomes a value: the others keep their proportions.
export const shared = (from, index, value) => {
  const rest = from.reduce((sum, one, i) => (i === index ? sum : sum + one), 0);
  return from.map((one, i) => {
    if (i === index) return value;
    return rest > 1e-12 ? (one / rest) * (1 - value) : (1 - value) / (from.length - 1);
  });
};

export class Handles {
  constructor(panel, gate) {
    this.panel = panel;
    this.gate = gate;
    this.layer = svg("g", { class: "lv-sketch-handles" });
    this.nodes = [];
    this.held = null;
    this.key = false;
    this.onMove = () => {};
  }

  // --- from the server ---

  update(data, seen) {
    this.data = data;
    if (this.held === null && !this.key && this.gate.isCurrent(seen)) this.at = data.at;
    this.at ??= data.at;
    this.draw();
  }

  // --- on the screen ---

  draw() {
    while (this.nodes.length < this.at.length) this.add();
    while (this.nodes.length > this.at.length) this.nodes.pop().remove();
    this.at.forEach((_, index) => this.place(index));
  }

  add() {
    const index = this.nodes.length;
    const node = svg("g", { class: `lv-sketch-handle lv-${this.data.kind}`, tabindex: 0 });
    node.append(...this.shapes());
    node.addEventListener("pointerdown", (event) => this.grab(event, index));
    node.addEventListener("pointermove", (event) => this.drag(event, index));
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, () => this.letGo());
    }
    node.addEventListener("keydown", (event) => this.press(event, index));
    for (const end of ["keyup", "blur"]) node.addEventListener(end, () => this.lift());
    this.layer.append(node);
    this.nodes.push(node);
  }

  shapes() {
    const { kind, color } = this.data;
    if (kind === "points") {
      return [svg("circle", { class: "lv-reach", r: 16 }),
        svg("circle", { class: "lv-knob", r: 5.5, fill: color })];
    }
    if (kind === "rule") {
      return [svg("rect", { class: "lv-reach", width: 24, x: -12 }),
        svg("line", { class: "lv-rule-line", stroke: color }),
        svg("circle", { class: "lv-knob", r: 7, fill: color })];
    }
    return [svg("rect", { class: "lv-bar", fill: color }),
      svg("rect", { class: "lv-reach" }),
      svg("rect", { class: "lv-grip", rx: 2, height: 5 }),
      svg("text", { class: "lv-bar-text", "text-anchor": "middle" })];
  }

  place(index) {
    const node = this.nodes[index];
    this.name(node, index);
    if (this.data.kind === "points") {
      const { x, y } = this.panel;
      node.setAttribute("transform",
        `translate(${x.pixel(this.at[index][0])} ${y.pixel(this.at[index][1])})`);
      // The whole look may change with the theme.
      node.lastChild.setAttribute("fill", this.data.color);
    } else if (this.data.kind === "rule") this.placeRule(node, this.at[index]);
    else this.placeBar(node, index);
  }

  placeRule(node, at) {
    const { x, y } = this.panel;
    node.setAttribute("transform", `translate(${x.pixel(at)} 0)`);
    const [reach, line, knob] = node.children;
    for (const [name, value] of [["y", y.to], ["height", y.from - y.to]]) {
      reach.setAttribute(name, value);
    }
    line.setAttribute("y1", y.to);
    line.setAttribute("y2", y.from);
    line.setAttribute("stroke", this.data.color);
    knob.setAttribute("cy", y.from);
    knob.setAttribute("fill", this.data.color);
  }

  placeBar(node, index) {
    const { x, y } = this.panel;
    const [left, right] = [x.pixel(this.data.left[index]), x.pixel(this.data.right[index])];
    const top = y.pixel(this.at[index]);
    const [bar, reach, grip, text] = node.children;
    const box = (target, values) => {
      for (const [name, value] of Object.entries(values)) target.setAttribute(name, value);
    };
    const width = right - left;
    box(bar, { x: left, width, y: top, height: Math.max(0, y.from - top), fill: this.data.color });
    // A bar of nothing can still be taken hold of.
    box(reach, { x: left, width, y: top - 22, height: Math.max(44, y.from - top + 22) });
    box(grip, { x: left + width / 2 - Math.min(13, width / 3), y: top - 2.5,
      width: Math.min(26, (2 * width) / 3) });
    box(text, { x: left + width / 2, y: top - 9 });
    // On narrow bars there is no room for the zero before the point.
    text.textContent = width < 30 ? this.at[index].toFixed(2).replace(/^0/, "")
      : this.at[index].toFixed(3).replace(/^(\d\.\d\d)0$/, "$1");
  }

  name(node, index) {
    const { kind, labels, bounds } = this.data;
    const at = this.at[index];
    const spoken = kind === "points" ? `x ${show(at[0])}, y ${show(at[1])}` : show(at);
    node.setAttribute("role", "slider");
    node.setAttribute("aria-label", labels[index] ?? `point ${index + 1}`);
    node.setAttribute("aria-valuetext", spoken);
    const upright = kind === "rule" ? 0 : 2;
    node.setAttribute("aria-valuenow", kind === "points" ? at[1] : at);
    node.setAttribute("aria-valuemin", bounds[upright]);
    node.setAttribute("aria-valuemax", bounds[upright + 1]);
  }

  // --- from the person ---

  grab(event, index) {
    if (event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    const node = this.nodes[index];
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    const [px, py] = this.panel.spot(event);
    const [hx, hy] = this.pixels(index);
    // What is grabbed beside its middle does not jump there.
    this.held = { index, from: this.at, off: [hx - px, hy - py] };
    node.classList.add("lv-held");
  }

  pixels(index) {
    const { x, y } = this.panel;
    const at = this.at[index];
    if (this.data.kind === "points") return [x.pixel(at[0]), y.pixel(at[1])];
    return this.data.kind === "rule" ? [x.pixel(at), 0] : [0, y.pixel(at)];
  }

  drag(event, index) {
    if (this.held?.index !== index) return;
    const [px, py] = this.panel.spot(event);
    const { x, y } = this.panel;
    this.set(index, x.value(px + this.held.off[0]), y.value(py + this.held.off[1]),
      this.held.from);
  }

  // Put one where it is allowed, and tell the server when it has time.
  set(index, x, y, from = this.at) {
    const { kind, bounds: [x0, x1, y0, y1], step: [dx, dy] } = this.data;
    const [sx, sy] = [clamp(snap(x, dx), x0, x1), clamp(snap(y, dy), y0, y1)];
    if (kind === "points") this.at = this.at.map((one, i) => (i === index ? [sx, sy] : one));
    else if (kind === "rule") this.at = this.at.map((one, i) => (i === index ? sx : one));
    else this.at = shared(from, index, sy);
    this.changed();
  }

  changed() {
    this.draw();
    this.onMove();
    this.gate.offer({ name: this.data.name, at: this.at });
  }

  letGo() {
    if (this.held === null) return;
    this.nodes[this.held.index]?.classList.remove("lv-held");
    this.held = null;
    this.gate.flush();
  }

  press(event, index) {
    const { kind, step, bounds, fewest } = this.data;
    if (kind === "points" && ["Delete", "Backspace"].includes(event.key)) {
      event.preventDefault();
      if (this.at.length > fewest) this.drop(index);
      return;
    }
    const move = this.moved(event.key);
    if (!move) return;
    event.preventDefault();
    this.key = true;
    const many = event.shiftKey ? 10 : 1;
    const at = this.at[index];
    const [x, y] = kind === "points" ? at : [at, at];
    if (move === "low" || move === "high") {
      const end = move === "low" ? 0 : 1;
      this.set(index, kind === "points" ? x : bounds[end], bounds[2 + end]);
    } else this.set(index, x + move[0] * many * step[0], y + move[1] * many * step[1]);
  }

  // What a key does: a move in x and y, an end, or nothing. What moves along one line listens to
  // both pairs of arrows.
  moved(key) {
    if (key === "Home") return "low";
    if (key === "End") return "high";
    const move = KEYS[key];
    if (!move || this.data.kind === "points") return move;
    const along = move[0] + move[1];
    return this.data.kind === "rule" ? [along, 0] : [0, along];
  }

  lift() {
    if (!this.key) return;
    this.key = false;
    this.gate.flush();
  }

  drop(index) {
    this.at = this.at.filter((_, i) => i !== index);
    this.changed();
    this.gate.flush();
    this.nodes[Math.min(index, this.at.length - 1)]?.focus();
  }

  // A double click where nothing is puts one more point there.
  more(x, y) {
    if (this.data.kind !== "points" || this.at.length >= this.data.most) return false;
    this.at = [...this.at, [x, y]];
    this.set(this.at.length - 1, x, y);
    this.gate.flush();
    return true;
  }
}
