// What a surface says of the place under the pointer: a step of the way there, or the grid's loss.

import { number } from "./format.js";
import { nearest } from "./trail.js";

const NEAR = 10; // pixels between the pointer and a way that count as "on it"

export class Hover {
  constructor(panel) {
    this.panel = panel;
    panel.host.addEventListener("pointermove", (event) => this.move(event));
    panel.host.addEventListener("pointerleave", () => this.leave());
  }

  move(event) {
    const { panel } = this;
    const { stage } = panel;
    if (panel.hand.pressed || event.pointerType === "touch" || stage.clock.playing) return;
    if (panel.starts.group.contains(event.target)) {
      this.leave();
      return;
    }
    const [x, y] = panel.spot(event);
    const best = this.nearestWay(x, y);
    if (best.distance <= NEAR) {
      stage.peek(Math.round(best.time), panel);
      panel.tip.show(x, y, this.wayWords(best));
    } else {
      stage.peek(null, panel);
      this.cellTip(x, y);
    }
  }

  nearestWay(x, y) {
    let best = { distance: Infinity };
    const { items, stage } = this.panel;
    for (const item of items) {
      const found = nearest(item.way, x, y);
      if (found.distance < best.distance && found.time <= stage.clock.time) best = { ...found, item };
    }
    return best;
  }

  wayWords({ item, time }) {
    const { stage } = this.panel;
    const { columns } = item;
    const row = Math.max(columns.at(Math.round(time)), 0);
    return [[stage.labelOf(item.id), item.mark.color], [`${stage.text.step} ${columns.steps[row]}`],
      [number(columns.loss[row], stage.text.notFinite)]];
  }

  cellTip(x, y) {
    const { panel } = this;
    const point = panel.view === panel.flat && panel.scale ? panel.pointAt(x, y) : null;
    if (!point) return panel.tip.hide();
    const { x: columns, y: rows, z } = panel.drawn;
    const cell = closest(rows.data, point.y) * columns.data.length + closest(columns.data, point.x);
    const loss = number(z.data[cell], panel.stage.text.notFinite);
    return panel.tip.show(x, y, [[loss], [`${number(point.x)}, ${number(point.y)}`]]);
  }

  leave() {
    this.panel.tip.hide();
    this.panel.stage.peek(null, this.panel);
  }
}

function closest(sorted, value) {
  let best = 0;
  for (let i = 1; i < sorted.length; i += 1) {
    if (Math.abs(sorted[i] - value) < Math.abs(sorted[best] - value)) best = i;
  }
  return best;
}
