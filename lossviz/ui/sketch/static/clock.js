// Play, pause and scrub over frames: one animation clock for all panels of a sketch.

import { html } from "./svg.js";

const SECONDS = 7;

export class Clock {
  constructor(seek) {
    this.seek = seek;
    this.frame = 0;
    this.playing = false;
    this.button = html("button", { type: "button", class: "lv-sketch-play" });
    this.range = html("input", { type: "range", min: 0, step: 1, class: "lv-sketch-scrub" });
    this.text = html("output", { class: "lv-sketch-step" });
    this.root = html("div", { class: "lv-sketch-clock" }, this.button, this.range, this.text);
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.range.addEventListener("input", () => {
      this.pause();
      this.go(this.range.valueAsNumber);
    });
    this.tick = this.tick.bind(this);
    this.dress();
  }

  update(data) {
    const fresh = this.data === undefined;
    this.data = data;
    this.range.max = data.steps.length - 1;
    this.range.setAttribute("aria-label", data.label);
    this.go(fresh ? data.steps.length - 1 : Math.min(this.frame, data.steps.length - 1));
  }

  play() {
    if (this.frame >= this.last) this.go(0);
    this.playing = true;
    this.from = this.frame;
    this.since = undefined;
    this.dress();
    this.request = requestAnimationFrame(this.tick);
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.request);
    this.dress();
  }

  get last() { return this.data.steps.length - 1; }

  tick(now) {
    if (!this.playing) return;
    // A frame's time may lie before the click that started the clock; so it counts from a frame.
    this.since ??= now;
    const share = (now - this.since) / 1000 / SECONDS;
    this.go(Math.min(this.last, Math.floor(this.from + share * this.last)));
    if (this.frame >= this.last) this.pause();
    else this.request = requestAnimationFrame(this.tick);
  }

  go(frame) {
    this.frame = frame;
    this.range.value = frame;
    this.text.textContent = `${this.data.label} ${this.data.steps[frame]}`;
    this.range.setAttribute("aria-valuetext", this.text.textContent);
    this.seek(frame);
  }

  dress() {
    this.button.textContent = this.playing ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  remove() {
    this.playing = false;
    cancelAnimationFrame(this.request);
    this.root.remove();
  }
}
