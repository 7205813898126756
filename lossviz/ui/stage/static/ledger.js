// Sentences and formulas about one contender, whose numbers follow the time cursor.

import { indexAt } from "./columns.js";
import { el, say } from "./dom.js";
import { fill, number } from "./format.js";
import { formula } from "./mathml.js";
import { Panel } from "./panel.js";
import { Tabs } from "./tabs.js";

const SAMPLES = 200; // rows looked at to learn how wide a number gets

export class LedgerPanel extends Panel {
  constructor(stage) {
    super(stage, "ledger", stage.text.ledger);
    this.tabs = new Tabs(this.title, stage.text.ledger, () => this.swap());
    this.select = el("select", { "aria-label": stage.text.whose, onchange: () => this.choose(this.select.value) });
    this.tools.append(this.select);
    this.page = el("div", { class: "lv-ledger-page" });
    this.host.append(this.page);
    this.who = el("span", { class: "lv-class" });
    this.when = el("span", { class: "lv-when" });
    this.caption.append(this.who, this.when);
    this.lines = [];
  }

  show(scene) {
    this.ledgers = scene.ledgers;
    const owners = new Set(scene.ledgers.map(({ contender }) => contender));
    if (!owners.has(this.chosen)) this.chosen = scene.ledgers[0]?.contender;
    this.offer(scene, owners);
    this.tabs.show([...new Set(scene.ledgers.map(({ title }) => title))].map((title) => ({ id: title, tab: title })));
    say(this.title, scene.ledgers.length ? scene.ledgers[0].title : this.stage.text.ledger);
    this.swap();
  }

  /** The list of contenders, without disturbing one that is open and still the same. */
  offer({ choices, contenders }, owners) {
    const labels = new Map(contenders.map((contender) => [contender.id, contender.label]));
    const ids = choices.length ? choices : [...owners];
    const offered = JSON.stringify([ids, [...labels]]);
    if (offered !== this.offered) {
      this.offered = offered;
      this.select.replaceChildren(...ids.map((id) => el("option", { value: id }, labels.get(id) ?? id)));
    }
    this.select.hidden = ids.length < 2;
    this.select.value = this.chosen;
  }

  /** Show another contender at once where its numbers are here; the page is asked in any case. */
  choose(id) {
    if (this.ledgers.some(({ contender }) => contender === id)) {
      this.chosen = id;
      this.swap();
    }
    this.stage.fire("choose", id);
  }

  /** The ledger of the open tab and the chosen contender; the same lines keep their elements. */
  swap() {
    const ofTitle = this.ledgers.filter(({ title }) => title === this.tabs.chosen);
    this.ledger = ofTitle.find(({ contender }) => contender === this.chosen) ?? ofTitle[0] ?? null;
    const lines = this.ledger?.lines ?? [];
    const wanted = JSON.stringify(lines.map(({ label, mathml, templates }) => [label, mathml, templates]));
    if (wanted !== this.built) {
      this.built = wanted;
      this.lines = lines.map((line) => new Line(line));
      this.page.replaceChildren(...this.lines.map(({ node }) => node));
      this.host.scrollTop = 0;
    }
    this.lines.forEach((line, i) => line.adopt(lines[i], this.ledger.values));
    this.name();
    this.row = null;
    this.touch();
  }

  name() {
    const owner = this.stage.scene.contenders.find(({ id }) => id === this.ledger?.contender);
    this.who.replaceChildren(...(owner
      ? [el("i", { style: `background:${this.stage.markOf(owner).color}` }), owner.label] : []));
  }

  draw(time) {
    if (!this.ledger) return;
    const { steps, values } = this.ledger;
    const row = Math.max(indexAt(steps.data, steps.data.length, time), 0);
    if (row === this.row) return;
    this.row = row;
    for (const line of this.lines) line.write(row, values);
    say(this.when, fill(this.stage.text.frameStep, { step: steps.data[row] ?? 0 }));
  }

  destroy() {}
}

/** One line: every template is there, on top of each other, and the one that counts is seen. */
class Line {
  constructor({ label, mathml, templates }) {
    const math = mathml ? formula(mathml) : null;
    this.variants = templates.map((template) => new Variant(template));
    const text = el("div", { class: "lv-line-text", hidden: !templates.length },
      ...this.variants.flatMap(({ ghost, node }) => [ghost, node]));
    const bare = !templates.length && !math;
    this.node = el("div", { class: `lv-line${bare ? " lv-line-head" : ""}` },
      label ? el(bare ? "h4" : "span", { class: "lv-line-label" }, label) : null,
      math ? el("div", { class: "lv-line-math" }, math) : null, text);
  }

  /** New numbers for the same words. */
  adopt({ pick }, values) {
    this.pick = pick;
    for (const variant of this.variants) variant.reserve(values);
  }

  write(row, values) {
    const at = this.pick ? this.pick.data[row] : 0;
    this.variants.forEach((variant, i) => {
      variant.node.style.visibility = i === at ? "" : "hidden";
      if (i === at) variant.write(row, values);
    });
  }
}

/** A template as text nodes; an unseen ghost with the longest numbers keeps the room for it. */
class Variant {
  constructor(template) {
    this.parts = template.split(/\{(\w+)\}/); // text, name, text, name, ..., text
    this.texts = this.parts.map((part, i) => (i % 2 ? document.createTextNode("") : part));
    this.node = el("p", {}, ...this.texts);
    this.ghost = el("p", { class: "lv-ghost", "aria-hidden": "true" });
    this.longest = new Map();
  }

  reserve(values) {
    for (const name of this.parts.filter((_, i) => i % 2)) {
      const column = values[name];
      const rows = column.shape[0];
      const stride = Math.max(1, Math.floor(rows / SAMPLES));
      for (let row = 0; row < rows; row += stride) {
        const text = valueAt(column, row);
        if (text.length > (this.longest.get(name)?.length ?? 0)) this.longest.set(name, text);
      }
    }
    say(this.ghost, this.parts.map((part, i) => (i % 2 ? this.longest.get(part) ?? "" : part)).join(""));
  }

  write(row, values) {
    for (let i = 1; i < this.parts.length; i += 2) {
      const text = valueAt(values[this.parts[i]], row);
      if (this.texts[i].data !== text) this.texts[i].data = text;
    }
  }
}

function valueAt({ data, shape }, row) {
  if (row >= shape[0]) return "–";
  return shape.length === 1 ? said(data[row]) : `(${said(data[2 * row])}, ${said(data[2 * row + 1])})`;
}

// Step numbers and other whole numbers are written as such.
const whole = (value) => Number.isInteger(value) && Math.abs(value) < 1e6;
const said = (value) => {
  if (Number.isNaN(value)) return "–";
  if (whole(value)) return String(value).replace("-", "−");
  return number(value, value > 0 ? "∞" : "−∞");
};
