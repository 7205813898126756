// What a hand does on a surface: a click, a double click, a finger at rest, a drag that zooms.

import { Zoom } from "./zoom.js";

const DOUBLE = 280; // a second click within this time, at the same place, makes a double click
const SAME = 12; // pixels between two clicks, or taps, at the same place
const LONG = 550; // a finger that rests this long puts down one more start
const STILL = 4; // pixels a pointer may stray and still have clicked
const AT_REST = 8; // and a finger, and still rest

export class Hand {
  constructor(panel) {
    this.panel = panel;
    this.zoom = new Zoom(panel.host, () => (panel.view === panel.flat ? panel.flat : null));
    this.pressed = null;
    this.last = null; // the click before, and when it was
    this.target = null; // where a click waits for a second one
    panel.host.addEventListener("pointerdown", (event) => this.press(event), true);
  }

  press(event) {
    const { panel } = this;
    panel.hover.leave();
    this.letGo();
    // A second finger makes a pinch of it, which is neither a click nor a rest.
    if (!event.isPrimary || event.button !== 0 || panel.starts.group.contains(event.target)) return;
    this.pressed = panel.spot(event);
    this.zoom.press(event, this.pressed);
    if (event.pointerType === "touch") this.resting = setTimeout(() => this.rest(), LONG);
    // In 3-D Plotly covers the page while a button is down: the release is heard at the window.
    const { signal } = (this.pressing = new AbortController());
    window.addEventListener("pointerup", (end) => this.release(end), { capture: true, signal });
    window.addEventListener("pointercancel", () => this.letGo(), { capture: true, signal });
    window.addEventListener("pointermove", (on) => this.stray(on), { capture: true, signal });
  }

  letGo() {
    clearTimeout(this.resting);
    this.pressing?.abort();
    this.pressed = null;
  }

  /** How far a pointer is from where it was pressed. */
  strayed(event, from) {
    const [x, y] = this.panel.spot(event);
    return Math.hypot(x - from[0], y - from[1]);
  }

  /** A finger on its way is not one at rest. */
  stray(event) {
    if (this.strayed(event, this.pressed) > AT_REST) clearTimeout(this.resting);
  }

  rest() {
    const [x, y] = this.pressed;
    if (this.add(x, y)) this.letGo();
  }

  /** Ask for one more start there. */
  add(x, y) {
    const { panel } = this;
    const target = panel.pointAt(x, y);
    const wanted = Boolean(target && panel.drawn.draggable && panel.drawn.starts);
    if (wanted) panel.stage.fire("add", target);
    return wanted;
  }

  release(event) {
    const from = this.pressed;
    const { panel } = this;
    this.letGo();
    if (!from || this.strayed(event, from) > STILL) return;
    const [x, y] = panel.spot(event);
    if (event.shiftKey && this.add(x, y)) return;
    if (this.again(event)) {
      this.forget();
      if (panel.view === panel.flat) panel.flat.reset();
      return;
    }
    // What waited was a click by itself, somewhere else.
    this.click();
    this.last = { time: event.timeStamp, at: [x, y] };
    const target = panel.pointAt(x, y);
    if (!target || !panel.drawn.clickable) return;
    this.target = target;
    this.clicking = setTimeout(() => this.click(), DOUBLE);
  }

  /** Whether a click is the second one of a double click. */
  again(event) {
    const { last } = this;
    return Boolean(last) && event.timeStamp - last.time < DOUBLE && this.strayed(event, last.at) <= SAME;
  }

  /** Tell of the click that waits for a second one, if any. */
  click() {
    const { target } = this;
    this.forget();
    if (target) this.panel.stage.fire("start", target);
  }

  forget() {
    clearTimeout(this.clicking);
    this.target = null;
  }

  destroy() {
    this.forget();
    this.letGo();
    this.zoom.end();
  }
}
