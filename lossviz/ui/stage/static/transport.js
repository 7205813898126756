// The transport: where on the time line we are, and the controls to move on it.

import { SPEEDS } from "./clock.js";
import { el, say } from "./dom.js";
import { fill } from "./format.js";

const ICONS = {
  first: "M6 5h2v14H6zM19 5v14L9 12z",
  back: "M17 5v14L7 12z",
  play: "M7 4.5v15L20 12z",
  pause: "M6.5 5h4v14h-4zM13.5 5h4v14h-4z",
  forward: "M7 5v14l10-7z",
  last: "M16 5h2v14h-2zM5 5v14l10-7z",
  loop: "M7 7h10v3l4-4-4-4v3H5v6h2zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export class Transport {
  constructor(stage) {
    this.stage = stage;
    const { clock, text } = stage;
    const button = (name, action) => el("button", { type: "button", class: `lv-${name}`, title: text[name],
      "aria-label": text[name], onclick: action }, icon(name));
    this.playButton = button("play", () => clock.toggle());
    this.range = el("input", { type: "range", min: 0, step: 1, class: "lv-scrub", "aria-label": text.scrub,
      oninput: () => this.scrub() });
    this.place = el("span", { class: "lv-place" });
    this.total = el("span", { class: "lv-total" });
    this.speed = el("select", { "aria-label": text.speed, title: text.speed,
      onchange: () => this.setSpeed(Number(this.speed.value)) },
    ...SPEEDS.map((speed) => el("option", { value: speed }, `${speed}×`.replace("0.", "."))));
    this.loopButton = button("loop", () => this.toggleLoop());
    this.live = el("span", { class: "lv-live", role: "status", "aria-live": "polite" });
    this.node = el("div", { class: "lv-transport", role: "group", "aria-label": text.stage },
      el("div", { class: "lv-buttons" },
        button("first", () => this.jump(0)),
        button("back", () => clock.nudge(-1)),
        this.playButton,
        button("forward", () => clock.nudge(1)),
        button("last", () => this.jump(clock.last))),
      this.range,
      el("span", { class: "lv-steps" }, `${text.step} `, this.place, " ", this.total),
      this.speed, this.loopButton, this.live);
  }

  jump(step) {
    const { clock } = this.stage;
    clock.playing = false;
    clock.seek(step);
  }

  scrub() {
    this.jump(this.range.valueAsNumber);
  }

  setSpeed(speed) {
    const { clock } = this.stage;
    clock.speed = speed;
    clock.onChange();
  }

  toggleLoop() {
    const { clock } = this.stage;
    clock.loop = !clock.loop;
    clock.onChange();
  }

  /** On every frame: only what differs is written. */
  update(step) {
    if (step === this.step) return;
    this.step = step;
    say(this.place, String(step));
    this.range.value = String(step);
    const { clock } = this.stage;
    const share = Math.min(1, step / clock.planned);
    this.range.style.setProperty("--done", `${100 * share}%`);
  }

  /** When the state of the clock has changed. */
  refresh() {
    const { clock, text } = this.stage;
    const name = clock.playing ? "pause" : "play";
    if (this.showing !== name) {
      this.showing = name;
      this.playButton.replaceChildren(icon(name));
      this.playButton.setAttribute("aria-label", text[name]);
      this.playButton.title = text[name];
    }
    this.range.max = String(clock.planned);
    this.range.style.setProperty("--ready", `${100 * Math.min(1, clock.last / clock.planned)}%`);
    this.place.style.minWidth = `${String(clock.planned).length}ch`;
    say(this.total, fill(text.of, { planned: clock.planned }));
    this.speed.value = String(clock.speed);
    this.loopButton.setAttribute("aria-pressed", String(clock.loop));
    this.node.classList.toggle("lv-waiting", clock.waiting);
    this.step = undefined;
    this.announce();
  }

  /** Said to a screen reader shortly after things have come to rest, never on every frame. */
  announce() {
    const { clock, text } = this.stage;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      const paused = fill(text.pausedAt, { step: clock.step, last: clock.last });
      say(this.live, clock.waiting ? text.waiting : clock.playing ? text.playing : paused);
    }, 400);
  }

  destroy() {
    clearTimeout(this.saying);
  }
}
