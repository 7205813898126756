// A small label beside the pointer.

import { el } from "./dom.js";

export class Tip {
  constructor(host) {
    this.host = host;
    this.node = el("div", { class: "lv-tip", hidden: true });
    host.append(this.node);
  }

  /** Lines are [text, colour or undefined]; placed so that it stays within the host. */
  show(x, y, lines) {
    this.node.replaceChildren(...lines.map(([text, color]) =>
      el("div", {}, color ? el("i", { style: `background:${color}` }) : null, text)));
    this.node.hidden = false;
    const left = x > this.host.clientWidth / 2 ? x - this.node.offsetWidth - 14 : x + 14;
    const top = Math.min(Math.max(y - 10, 4), this.host.clientHeight - this.node.offsetHeight - 4);
    this.node.style.transform = `translate(${Math.round(Math.max(left, 2))}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.node.hidden = true;
  }
}
