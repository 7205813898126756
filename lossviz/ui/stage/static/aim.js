// Where a run would start, for hands on the keyboard: a cross reached by Tab and moved by arrow keys.

import { el } from "./dom.js";
import { fill, number } from "./format.js";
import { WAYS } from "./keys.js";

const NEAR = 0.01; // of the picture for each press, or ten times as far with Shift

export class Aim {
  constructor(panel) {
    this.panel = panel;
    this.share = [0.5, 0.5]; // of the picture's box, from its lower left corner
    this.node = el("button", { type: "button", class: "lv-aim", hidden: true,
      "data-own-keys": Object.keys(WAYS).join(" "), onclick: () => this.start(),
      onkeydown: (event) => this.key(event), onfocus: () => this.place(), onblur: () => panel.hover.leave() });
    panel.host.append(this.node);
  }

  /** There is one where a click starts; where rings mark the starts, those are moved instead. */
  show({ clickable, starts }) {
    this.wanted = Boolean(clickable) && !starts?.data.length;
    this.place();
  }

  get map() {
    const { panel } = this;
    return panel.view === panel.flat && panel.scale ? panel.flat.map : null;
  }

  /** The pixel of the cross; `map` is there. */
  get pixel() {
    const { left, top, width, height } = this.map.box;
    return [left + this.share[0] * width, top + (1 - this.share[1]) * height];
  }

  place() {
    const { panel, node, map } = this;
    node.hidden = !this.wanted || !map;
    if (node.hidden) return;
    const [x, y] = this.pixel;
    node.style.transform = `translate(${x.toFixed(2)}px, ${y.toFixed(2)}px)`;
    const words = fill(panel.stage.text.aim, { x: number(map.backX(x)), y: number(map.backY(y)) });
    if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
    if (document.activeElement === node) panel.hover.cellTip(x, y);
  }

  key(event) {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 * NEAR : NEAR;
    this.share = this.share.map((share, i) => Math.min(Math.max(share + far * way[i], 0), 1));
    this.place();
  }

  start() {
    const { map, panel } = this;
    if (!map) return;
    const [x, y] = this.pixel;
    panel.stage.fire("start", { x: map.backX(x), y: map.backY(y) });
  }
}
