// One sketch: panels side by side, one clock, and the gate through which moves leave.

import { Clock } from "./clock.js";
import { Panel } from "./panel.js";
import { html, svg } from "./svg.js";

export class Sketch {
  constructor(root, Gate) {
    this.root = root;
    this.Gate = Gate;
    this.gates = new Map();
    this.row = html("div", { class: "lv-sketch-panels" });
    this.legend = html("div", { class: "lv-sketch-legend" });
    this.panels = new Map();
    this.root.replaceChildren(this.row, this.legend);
    this.stop = new AbortController();
    // A button that is let go outside of the window still ends a drag.
    window.addEventListener("blur", () => this.each((set) => set.letGo()),
      { signal: this.stop.signal });
  }

  each(act) {
    for (const panel of this.panels.values()) for (const set of panel.sets.values()) act(set);
  }

  gate(name) {
    if (!this.gates.has(name)) this.gates.set(name, new this.Gate((move) => this.post(move)));
    return this.gates.get(name);
  }

  // Called for every run of the page, mostly with the same data: then the page is left in peace.
  update(data, post) {
    this.post = post;
    const look = JSON.stringify({ ...data, seen: 0 });
    if (look !== this.look || data.seen !== this.seen) this.paint(data);
    [this.look, this.seen] = [look, data.seen];
    for (const gate of this.gates.values()) gate.answer(data.seen);
  }

  paint(data) {
    const wanted = new Set(data.panels.map((one) => one.id));
    for (const [id, panel] of this.panels) {
      if (!wanted.has(id)) { panel.remove(); this.panels.delete(id); }
    }
    data.panels.forEach((one, place) => {
      if (!this.panels.has(one.id)) {
        this.panels.set(one.id, new Panel((name) => this.gate(name)));
      }
      const panel = this.panels.get(one.id);
      if (this.row.children[place] !== panel.root) {
        this.row.insertBefore(panel.root, this.row.children[place] ?? null);
      }
      panel.update(one, data.seen);
    });
    this.dressLegend(data.legend);
    this.tick(data.clock);
    this.root.dataset.revision = Number(this.root.dataset.revision ?? 0) + 1;
  }

  dressLegend(names) {
    this.legend.replaceChildren(...names.map(({ label, color, dash }) => html("span", {},
      svg("svg", { width: 24, height: 3 }, svg("line", { x2: 24, y1: 1.5, y2: 1.5,
        stroke: color, "stroke-width": 3, "stroke-dasharray": dash.join(" ") })), label)));
  }

  tick(data) {
    if (!data) {
      this.clock?.remove();
      this.clock = undefined;
      return;
    }
    if (!this.clock) {
      this.clock = new Clock((frame) => {
        for (const panel of this.panels.values()) panel.seek(frame);
      });
      this.row.after(this.clock.root);
    }
    this.clock.update(data);
  }

  remove() {
    this.stop.abort();
    this.clock?.remove();
    for (const panel of this.panels.values()) panel.remove();
    for (const gate of this.gates.values()) gate.close();
    this.root.replaceChildren();
  }
}
