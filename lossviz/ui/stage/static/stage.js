// The stage: owns the clock and the data, and keeps every panel at the same step.

import { Clock } from "./clock.js";
import { ColorBar } from "./colorbar.js";
import { el, say } from "./dom.js";
import { fill } from "./format.js";
import { listenToKeys } from "./keys.js";
import { place } from "./layout.js";
import { Legend } from "./legend.js";
import { arrangePanels, makePanels, makeViews } from "./panels.js";
import { expose, inFront, withdraw } from "./probe.js";
import { Readout } from "./readout.js";
import { Scene } from "./scene.js";
import { themeFor } from "./theme.js";
import { Transport } from "./transport.js";

const NARROW = 720;

let paintings = 0; // counts on when a stage takes the place of another

export class Stage {
  hidden = new Set();
  lookingAt = null;

  /** `before` is the stage that stood here, if any: its place in time and what was hidden stay. */
  constructor(host, plotly, message, before) {
    this.host = host;
    this.plotly = plotly;
    this.text = message.texts;
    this.theme = themeFor(host, message);
    this.clock = new Clock(() => this.clockChanged());
    if (before) this.inherit(before);
    this.transport = new Transport(this);
    this.legend = new Legend(this);
    this.readout = new Readout(this);
    this.panels = makePanels(this, message);
    this.views = makeViews(this, message);
    this.bar = new ColorBar(this.text.sharedColors);
    if (before) this.reopen(before);
    this.build();
    this.stopKeys = listenToKeys(this.node, this.clock, () => inFront(this));
    this.node.addEventListener("pointerdown", () => expose(this), true);
    this.sizes = new ResizeObserver(() => this.resized());
    for (const panel of this.eachPanel()) this.sizes.observe(panel.host);
    this.sizes.observe(this.node);
  }

  inherit({ clock, hidden, visibleBefore, cue }) {
    const { time, planned, last, live, speed, loop } = clock;
    Object.assign(this.clock, { time, planned, last, live, speed, loop });
    Object.assign(this, { hidden, visibleBefore, cue });
  }

  /** The tabs that were open stay so where there are the same. */
  reopen({ panels }) {
    for (const name of ["curves", "side"]) {
      const tabs = this.panels[name]?.tabs;
      if (tabs) tabs.chosen = panels[name]?.tabs.chosen ?? null;
    }
  }

  get revision() {
    return paintings;
  }

  /** The main surface and those beside it. */
  surfaces() {
    return [this.panels.surface, ...this.views].filter(Boolean);
  }

  eachPanel() {
    const { surface, ...others } = this.panels;
    return [surface, ...this.views, ...Object.values(others)].filter(Boolean);
  }

  build() {
    this.pictures = arrangePanels(this);
    this.said = el("span", { class: "lv-live", role: "status", "aria-live": "polite" });
    this.node = el("div", { class: "lv-stage", role: "region", "aria-label": this.text.stage, tabindex: "-1" },
      this.legend.node, this.pictures, this.transport.node, this.readout.node, this.said);
    this.host.append(this.node);
    this.layOut();
  }

  /** The panels that are no surface. */
  others() {
    const { curves, predict, ledger, side } = this.panels;
    return [curves, predict ?? ledger ?? side].filter(Boolean);
  }

  layOut() {
    const width = this.host.clientWidth;
    this.node.classList.toggle("lv-narrow", width <= NARROW);
    if (this.views.length) {
      place(this.pictures, this.surfaces().map(({ node }) => node), this.others().map(({ node }) => node), width);
    }
  }

  /** The pointer is over this surface; null: over none. */
  pointAt(panel) {
    if (!this.scene || !this.views.length) return;
    this.readout.point(panel?.id ?? "");
    this.wake();
  }

  shown() {
    return this.scene.contenders.filter((contender) => !this.hidden.has(contender.id));
  }

  markOf(contender) {
    const { marks } = this.theme;
    return marks[contender.mark % marks.length];
  }

  labelOf(id) {
    return this.scene.contenders.find((contender) => contender.id === id)?.label ?? id;
  }

  fire(event, value) {
    this.send?.(event, value);
  }

  /** The page has sent something: it may be asked for the next thing. */
  answered() {
    this.panels.surface?.starts.gate.answer();
  }

  /** Show a whole scene in the place of what was there. */
  async showScene(message) {
    this.text = message.texts;
    this.theme = themeFor(this.host, message);
    this.scene = new Scene(message);
    this.adoptVisibility(message.contenders);
    this.dress(message);
    const { planned, live } = message;
    this.clock.setRange({ planned, live, last: this.scene.last });
    this.legend.show(this.scene);
    this.readout.show(this.scene);
    this.follow(message.cue);
    this.clockChanged();
    this.awaitFont();
    await this.showPanels();
    await this.painted();
  }

  async showPanels() {
    const shown = Promise.all(this.eachPanel().map((panel) => panel.show(this.scene)));
    this.showColors();
    await shown;
  }

  /** What the surfaces' colours mean, once, where they mean the same on all of them. */
  showColors() {
    if (!this.views.length) return;
    const shared = this.scene.sharesColors ? this.surfaces() : [];
    this.bar.show(shared.flatMap(({ scale }) => scale ?? []), this.theme);
  }

  /** Append a delta; asks for a whole scene when it does not join on. */
  async showDelta(message) {
    if (!this.scene?.append(message)) {
      this.fire("resync", true);
      return;
    }
    this.clock.extend({ last: this.scene.last, live: message.live });
    this.legend.show(this.scene);
    this.readout.refresh();
    this.panels.surface?.refresh();
    for (const panel of this.eachPanel()) panel.forgetRow?.();
    this.clockChanged();
    this.panels.curves?.show(this.scene);
    await this.painted();
  }

  /** The page's word counts when it changes; in between, what was pressed here. */
  adoptVisibility(contenders) {
    const said = new Map(contenders.map(({ id, visible }) => [id, visible]));
    for (const [id, visible] of said) {
      if (this.visibleBefore?.get(id) === visible) continue;
      if (visible) this.hidden.delete(id);
      else this.hidden.add(id);
    }
    for (const id of this.hidden) if (!said.has(id)) this.hidden.delete(id);
    this.visibleBefore = said;
  }

  /** Light has become dark or the other way round: everything again, in the other colours. */
  async retheme() {
    const theme = themeFor(this.host, this.scene);
    if (theme.mode === this.theme.mode) return;
    this.theme = theme;
    this.dress(this.scene);
    this.legend.show(this.scene);
    this.readout.show(this.scene);
    await this.showPanels();
    await this.painted();
  }

  dress({ height }) {
    const { theme } = this;
    const { style } = this.node;
    for (const [name, color] of Object.entries(theme.palette)) style.setProperty(`--lv-${name}`, color);
    style.setProperty("--lv-font", theme.font);
    style.setProperty("--lv-height", `${height}px`);
    style.colorScheme = theme.mode;
  }

  /** Words on a canvas do not change by themselves when the page's font has come. */
  async awaitFont() {
    const font = `12px ${this.theme.font}`;
    if (document.fonts.check(font)) return;
    await document.fonts.load(font);
    for (const { flat } of this.surfaces()) flat.forget();
    this.resized();
  }

  follow(cue) {
    if (!cue || cue.id === this.cue) return;
    this.cue = cue.id;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.clock.playing = false;
    this.clock.time = 0;
    if (cue.do === "play" && !still) this.clock.play();
    else if (cue.do !== "start") this.clock.seek(this.clock.last);
  }

  /** Count a picture once the browser has painted it: a message that is sent from within a frame
   *  arrives after that frame. */
  painted() {
    this.wake();
    return new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        paintings += 1;
        done();
      };
      requestAnimationFrame(() => port2.postMessage(null));
    });
  }

  toggle(id) {
    if (this.hidden.has(id)) this.hidden.delete(id);
    else this.hidden.add(id);
    this.legend.show(this.scene);
    this.readout.refresh();
    for (const panel of this.surfaces()) panel.refresh();
    for (const name of ["curves", "predict", "side"]) this.panels[name]?.refresh();
    const { hidden, shown } = this.text;
    say(this.said, fill(this.hidden.has(id) ? hidden : shown, { label: this.labelOf(id) }));
    this.fire("visible", { hidden: [...this.hidden] });
  }

  /** Look at another step for as long as the pointer is there; null looks at the clock again. */
  peek(step, panel) {
    if (step === null && this.peeker !== panel) return;
    this.peeker = step === null ? null : panel;
    if (step === this.lookingAt) return;
    this.lookingAt = step;
    this.touchAll();
  }

  get time() {
    return this.lookingAt ?? this.clock.time;
  }

  get step() {
    return this.lookingAt ?? this.clock.step;
  }

  clockChanged() {
    this.lookingAt = null;
    this.transport.refresh();
    this.touchAll();
  }

  touchAll() {
    for (const panel of this.eachPanel()) panel.dirty = true;
    this.wake();
  }

  wake() {
    this.frame ??= requestAnimationFrame((now) => this.paint(now));
  }

  paint(now) {
    this.frame = undefined;
    if (this.gone || !this.scene) return;
    const before = this.clock.time;
    const again = this.clock.tick(now);
    if (this.clock.time !== before) for (const panel of this.eachPanel()) panel.dirty = true;
    for (const panel of this.surfaces()) panel.watch();
    const { time } = this;
    const reach = Math.max(time, this.clock.time);
    for (const panel of this.eachPanel()) {
      if (!panel.dirty) continue;
      panel.dirty = false;
      panel.draw(time, reach);
    }
    this.transport.update(this.step);
    this.readout.update(this.step, now);
    if (again || this.surfaces().some(({ restless }) => restless)) this.wake();
  }

  resized() {
    for (const panel of this.eachPanel()) panel.resized();
    cancelAnimationFrame(this.resizing);
    this.resizing = requestAnimationFrame(() => {
      if (this.gone || !this.scene) return;
      this.layOut();
      this.showPanels();
    });
  }

  destroy() {
    this.gone = true;
    withdraw(this);
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.resizing);
    this.stopKeys();
    this.sizes.disconnect();
    this.transport.destroy();
    for (const panel of this.eachPanel()) panel.destroy();
    this.node.remove();
  }
}
