// A surface panel: flat or as a landscape, with the contenders' ways over it. The main one has the
// tools, and hears of clicks and of starts; views beside it follow it.

import { Aim } from "./aim.js";
import { ArrowMenu } from "./arrowmenu.js";
import { Arrows } from "./arrows.js";
import { el, say } from "./dom.js";
import { Fans } from "./fans.js";
import { count, fill, short } from "./format.js";
import { Hand } from "./hand.js";
import { Hover } from "./hover.js";
import { drawLabels } from "./labels.js";
import { Layer } from "./layer.js";
import { Panel } from "./panel.js";
import { surfaceScale } from "./scale.js";
import { Starts } from "./starts.js";
import { DASH, drawStrands, inkOf, lineSample, strandPixels } from "./strands.js";
import { FlatSurface } from "./surface2d.js";
import { Landscape, webglWorks } from "./surface3d.js";
import { drawHeads, drawWays, headPixels } from "./ways.js";

const SLOW = 100; // milliseconds for two frames beyond which turning all landscapes at once is too much
const PATIENCE = 20000; // milliseconds after which it is tried again

export class SurfacePanel extends Panel {
  /** `id` is that of a view, or nothing for the main surface. */
  constructor(stage, id = "") {
    super(stage, "surface", stage.text.surface);
    this.id = id;
    this.main = id === "";
    this.items = [];
    this.strands = [];
    this.version = 0;
    if (!this.main) this.node.dataset.view = id;
    if (this.main) this.arrows = new Arrows();
    if (this.main) this.menu = new ArrowMenu(stage, () => this.touch());
    this.buildTools();
    this.addLayers();
    this.fans = new Fans(new Layer(this.host, "fans"));
    this.host.insertBefore(this.fans.layer.canvas, this.moving.canvas);
    this.flat = new FlatSurface(this.back, () => this.viewChanged(this.flat));
    this.view = this.flat;
    this.wait = el("p", { class: "lv-wait", hidden: true }, stage.text.surfacePending);
    this.starts = new Starts(stage, this.host, () => (this.view === this.flat ? this.flat.map : null));
    this.host.append(this.wait);
    this.aim = new Aim(this);
    if (this.menu) this.caption.before(this.menu.notes);
    this.legend = el("span", { class: "lv-classes", hidden: true });
    this.said = el("span", {});
    this.caption.append(this.legend, this.said);
    this.listen();
  }

  buildTools() {
    const { text } = this.stage;
    const reset = () => this.view.reset();
    this.resetButton = el("button", { type: "button", class: "lv-text", onclick: reset, hidden: true },
      text.resetView);
    this.tools.append(this.resetButton);
    if (!this.main) return;
    const button = (name) => el("button", { type: "button", onclick: () => this.choose(name) },
      name === "3d" ? text.view3d : text.view2d);
    this.buttons = { "2d": button("2d"), "3d": button("3d") };
    const group = el("div", { class: "lv-segment", role: "group", "aria-label": text.viewLabel },
      this.buttons["2d"], this.buttons["3d"]);
    this.tools.append(this.menu.node, group);
  }

  /** The panel that decides between 2-D and 3-D. */
  get lead() {
    return this.stage.panels.surface;
  }

  /** New data. The picture is changed in place; `view` only when the page asks for another one. */
  show(scene) {
    this.part = scene.part(this.id);
    const { surface } = this.part;
    if (this.drawn !== surface) {
      this.drawn = surface;
      this.scale = surface.z ? surfaceScale(surface) : null;
      this.version += 1;
    }
    this.flat.bar = !scene.sharesColors;
    if (this.main) this.adopt(surface.view);
    this.entitle(surface.title || this.stage.text.surface);
    this.wait.hidden = Boolean(surface.z);
    this.vectors = new Map([
      ...this.part.arrows.map((arrow) => [`${arrow.kind}\n${arrow.contender}`, arrow]),
      ...this.part.rates.map((rates) => [`rates\n${rates.contender}`, rates]),
    ]);
    this.strands = scene.strands.filter(({ view }) => view === this.id);
    this.explainStrands();
    this.menu?.show(scene);
    this.starts.show(surface);
    this.aim.show(surface);
    return this.render();
  }

  /** The page's word on 2-D or 3-D counts when it changes. */
  adopt(view) {
    if (view === this.asked) return;
    this.asked = view;
    this.mode = view;
  }

  entitle(title) {
    say(this.title, title);
    this.node.setAttribute("aria-label", title);
  }

  explainStrands() {
    const { theme } = this.stage;
    const named = this.strands.filter(({ name }) => name);
    const wanted = JSON.stringify([theme.mode, named.map(({ name, mark, dashed }) => [name, mark, dashed])]);
    if (wanted === this.explained) return;
    this.explained = wanted;
    this.legend.hidden = named.length === 0;
    this.legend.replaceChildren(...named.map((strand) => lineSample(strand.name, inkOf(strand, theme), strand.dashed ? DASH : [])));
  }

  /** A person wants the other one, of all surfaces. */
  choose(mode) {
    if (mode !== this.mode) this.stage.fire("view", mode);
    // The page will ask for the same one, which then is nothing new.
    this.asked = mode;
    this.mode = mode;
    for (const panel of this.stage.surfaces()) panel.lost = false;
    return Promise.all(this.stage.surfaces().map((panel) => panel.render()));
  }

  get wants3d() {
    return this.lead.mode === "3d" && Boolean(this.scale) && !this.lost;
  }

  async render() {
    const { lead } = this;
    if (lead.mode === "3d" && !(lead.webgl ??= webglWorks())) lead.mode = "2d";
    if (this.wants3d && !this.landscape) {
      this.present(this.flat);
      await this.addLandscape();
      if (this.stage.gone) return;
    }
    await this.present(this.wants3d && this.landscape ? this.landscape : this.flat);
  }

  async present(view) {
    const { theme } = this.stage;
    this.view = view;
    this.host.classList.toggle("lv-flat", view === this.flat);
    this.landscape?.plot.hide(view === this.flat);
    this.menu?.offer(view === this.flat);
    if (this.main) this.pressButtons();
    say(this.said, this.words());
    const version = `${this.version}|${theme.mode}`;
    await view.show(this.drawn, this.scale, theme, version, this.everyWay(), this.size);
    this.viewChanged(view);
  }

  pressButtons() {
    const { text } = this.stage;
    this.buttons["2d"].setAttribute("aria-pressed", String(this.mode !== "3d"));
    this.buttons["3d"].setAttribute("aria-pressed", String(this.mode === "3d"));
    this.buttons["3d"].disabled = this.webgl === false;
    this.buttons["3d"].title = this.webgl === false ? text.noWebgl : "";
  }

  /** Only a landscape needs Plotly, so it is fetched now. */
  async addLandscape() {
    const { lead } = this;
    const plotly = await this.stage.plotly().catch(() => null);
    lead.noPlotly = !plotly;
    if (lead.noPlotly) lead.mode = "2d";
    if (lead.noPlotly || this.landscape || this.stage.gone) return;
    this.landscape = new Landscape(plotly, this.host, {
      view: () => this.viewChanged(this.landscape),
      lost: () => this.lose(),
      turn: (done) => this.turnOthers(done),
    });
    this.host.append(this.still.canvas, this.fans.layer.canvas, this.moving.canvas, this.starts.group,
      this.aim.node, this.tip.node, this.wait);
  }

  /** Landscapes beside each other are looked at from the same side. */
  turnOthers(done) {
    const now = performance.now();
    if (!done && now < (this.slowUntil ?? 0)) return; // then they follow when the hand lets go
    for (const panel of this.stage.surfaces()) {
      if (panel !== this && panel.restless) panel.landscape.follow(this.landscape, done);
    }
    const painted = () => {
      if (performance.now() - now > SLOW) this.slowUntil = now + PATIENCE;
    };
    if (!done) requestAnimationFrame(() => requestAnimationFrame(painted));
  }

  /** The browser has taken the landscape away: this surface is flat, until 3-D is chosen anew. */
  lose() {
    if (this.lost || this.stage.gone) return;
    this.lost = true;
    this.landscape.destroy();
    this.landscape = null;
    this.render();
  }

  words() {
    const { text } = this.stage;
    const { scale } = this;
    const surface = this.drawn;
    const say = [surface.note];
    if (this.webgl === false) say.push(text.noWebgl);
    if (this.noPlotly) say.push(text.noPlotly);
    if (this.lost) say.push(text.lost3d);
    if (scale?.masked) {
      const total = count(surface.z.data.length);
      const words = this.view === this.flat ? text.masked : text.holes;
      say.push(fill(words, { count: count(scale.masked), total }));
    }
    // One bar for all pictures says at its ends that losses go on.
    const alone = this.flat.bar;
    if (alone && scale?.above) say.push(fill(text.saturated, { bound: short(scale.fromScale(scale.high)) }));
    if (alone && scale?.below) say.push(fill(text.saturatedLow, { bound: short(scale.fromScale(scale.low)) }));
    if (surface.clickable) say.push(text.clicksStart);
    const flat = this.view === this.flat;
    if (surface.draggable && surface.starts) say.push(flat ? text.dragsStart : text.flatDrags);
    if (!flat && this.main && this.menu.some) say.push(text.flatArrows);
    return say.filter(Boolean).join(" ");
  }

  everyWay() {
    return this.stage.shown().flatMap((contender) => {
      const columns = this.part.paths.get(contender.id);
      return columns ? [{ id: contender.id, mark: this.stage.markOf(contender), columns,
        diverged: contender.diverged }] : [];
    });
  }

  everyFan() {
    const fans = new Map(this.part.fans.map((fan) => [fan.contender, fan]));
    return this.stage.shown().flatMap((contender) => {
      const fan = fans.get(contender.id);
      return fan ? [{ id: contender.id, mark: this.stage.markOf(contender), fan }] : [];
    });
  }

  /** Plotly has repainted, or the paths or who is shown have changed: new pixels for everything. */
  viewChanged(view) {
    if (view !== this.view || !this.drawn) return;
    this.fitLayers();
    view.remap(this.size);
    this.resetButton.hidden = !view.moved;
    const still = this.still.clear();
    this.items = [];
    if (view.box) {
      view.drawStill(still, this.drawn, this.scale, this.stage.theme.palette);
      this.items = this.everyWay().map((item) => ({ ...item, way: view.trail(item.columns) }));
    }
    this.fans.layer.fit(this.size.width, this.size.height);
    this.fans.remap(this.everyFan(), view);
    this.starts.place();
    this.aim.place();
    this.touch();
  }

  refresh() {
    this.viewChanged(this.view);
  }

  /** A landscape may be turned at any time; asked on every frame, which costs microseconds. */
  get restless() {
    return Boolean(this.landscape) && this.view === this.landscape;
  }

  watch() {
    if (this.restless && this.landscape.turned) this.refresh();
  }

  draw(time, reach) {
    const context = this.moving.clear();
    const { box } = this.view;
    const ground = this.stage.theme.palette.background;
    if (!box) return;
    drawStrands(context, this.strands, this.view, this.stage.theme, time);
    this.fans.draw(context, time, ground);
    drawWays(context, this.items, box, ground, time, reach);
    if (this.main) this.drawArrows(context, box, ground, time);
    drawLabels(context, this.drawn, this.view, this.stage.theme);
    drawHeads(context, this.items, box, ground, time);
  }

  drawArrows(context, box, ground, time) {
    const flat = this.view === this.flat;
    if (flat) this.arrows.draw(context, this.menu.on, this.items, this.vectors, this.flat.map, time, ground);
    this.menu.explain(this.arrows.scales, flat ? box : null);
  }

  heads(time) {
    return headPixels(this.items, time);
  }

  /** Where the strands are: what a test looks at. */
  strandsAt(time) {
    return this.view.box ? strandPixels(this.strands, this.view, time) : [];
  }

  listen() {
    this.hand = new Hand(this);
    this.hover = new Hover(this);
    // The numbers below are those of the surface that is looked at.
    this.node.addEventListener("pointerenter", () => this.stage.pointAt(this));
    this.node.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.stage.pointAt(null);
    });
  }

  /** The plane's coordinates under the pointer, or null. */
  pointAt(x, y) {
    if (this.view === this.landscape) {
      const point = this.landscape.hovered;
      return point ? { x: point.x, y: point.y } : null;
    }
    const { map } = this.flat;
    if (!map) return null;
    const { box } = map;
    const within = x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
    return within ? { x: map.backX(x), y: map.backY(y) } : null;
  }

  destroy() {
    this.hand.destroy();
    this.starts.destroy();
    this.menu?.destroy();
    this.landscape?.destroy();
  }
}
