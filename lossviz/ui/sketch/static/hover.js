// The numbers under the pointer: every line's value at the nearest place that was computed.

import { show } from "./scale.js";
import { html, svg } from "./svg.js";

export class Hover {
  constructor(panel) {
    this.panel = panel;
    this.layer = svg("g", { class: "lv-sketch-hover" });
    this.tip = html("div", { class: "lv-sketch-tip", hidden: "" });
  }

  hide() {
    this.layer.replaceChildren();
    this.tip.hidden = true;
  }

  show(event) {
    const { x, y, data } = this.panel;
    const lines = data.lines.filter((line) => line.label);
    const [px, py] = this.panel.spot(event);
    const outside = px < x.from || px > x.to || py > y.from || py < y.to;
    if (outside || !lines.length) return this.hide();
    const at = lines.map((line) => nearest(line.x, x.value(px)));
    const rows = [];
    const dots = [];
    lines.forEach((line, i) => {
      const [u, v] = [line.x[at[i]], line.y[at[i]]];
      rows.push([line, u, v]);
      const seen = v !== null && v >= data.y.low && v <= data.y.high;
      if (seen) {
        dots.push(svg("circle", { cx: x.pixel(u), cy: y.pixel(v), r: 3.5, fill: line.color }));
      }
    });
    const where = x.pixel(rows[0][1]);
    this.layer.replaceChildren(
      svg("line", { class: "lv-cross", x1: where, x2: where, y1: y.from, y2: y.to }), ...dots);
    this.write(rows, where, py);
    return undefined;
  }

  write(rows, left, top) {
    const { data, width } = this.panel;
    const single = rows.every(([, u]) => u === rows[0][1]);
    this.tip.replaceChildren(
      html("div", { class: "lv-tip-head" }, `${data.x.name} ${show(rows[0][1])}`),
      ...rows.map(([line, u, v]) => html("div", { class: "lv-tip-row" },
        html("i", { style: `background:${line.color}` }), html("span", {}, line.label),
        html("b", {}, single ? show(v) : `${show(u)}, ${show(v)}`))));
    this.tip.hidden = false;
    // On the side with more room, and never beyond the panel.
    const box = this.tip.getBoundingClientRect();
    const right = left < width / 2;
    const x = right ? Math.min(left + 14, width - box.width) : Math.max(0, left - 14 - box.width);
    this.tip.style.transform = `translate(${x}px, ${Math.max(0, top - box.height / 2)}px)`;
  }
}

// The place of the number nearest to a value, in a list that rises or falls.
const nearest = (list, value) => {
  let best = 0;
  for (let i = 1; i < list.length; i++) {
    if (Math.abs(list[i] - value) < Math.abs(list[best] - value)) best = i;
  }
  return best;
};
