// A row of tabs over one panel. Which one is chosen is decided here and kept over new data.

import { el } from "./dom.js";

export class Tabs {
  /** `title` is the panel's heading, shown as long as there is no choice; `onChoose` hears an id. */
  constructor(title, label, onChoose) {
    this.title = title;
    this.onChoose = onChoose;
    this.chosen = null;
    this.node = el("div", { class: "lv-tabs", role: "tablist", "aria-label": label, hidden: true,
      "data-own-keys": "ArrowLeft ArrowRight Home End", onkeydown: (event) => this.key(event) });
    title.after(this.node);
  }

  /** Offer these ({id, tab}); gives the chosen one, the first where the old choice is gone. */
  show(list) {
    const current = list.find(({ id }) => id === this.chosen) ?? list[0];
    this.chosen = current?.id ?? null;
    const offered = JSON.stringify(list.map(({ id, tab }) => [id, tab]));
    if (offered !== this.offered) this.build(list);
    this.offered = offered;
    const several = list.length > 1;
    this.node.hidden = !several;
    this.title.hidden = several;
    this.mark();
    return current;
  }

  build(list) {
    this.buttons = new Map(list.map(({ id, tab }) => [id, el("button", { type: "button", role: "tab",
      onclick: () => this.choose(id) }, tab)]));
    this.node.replaceChildren(...this.buttons.values());
  }

  mark() {
    for (const [id, button] of this.buttons) {
      button.setAttribute("aria-selected", String(id === this.chosen));
      button.tabIndex = id === this.chosen ? 0 : -1;
    }
  }

  choose(id) {
    if (id === this.chosen || !this.buttons.has(id)) return;
    this.chosen = id;
    this.mark();
    this.onChoose(id);
  }

  key(event) {
    const ids = [...this.buttons.keys()];
    const at = ids.indexOf(this.chosen);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: ids.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const id = ids[(to + ids.length) % ids.length];
    this.choose(id);
    this.buttons.get(id).focus();
    this.buttons.get(id).scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
