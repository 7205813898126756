// One dial: label, exact number and slider; what a person does goes to the gate.

import { Gate } from "./gate.js";
import { allowed, place, read, show } from "./number.js";

const NOTE_TIME = 5000;
const MOVING_KEYS = new Set([
  "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End",
]);
const ARROW = "M3 2.5v4h4M3.4 6.3A5.2 5.2 0 1 1 3 9.5";

let ids = 0;

export class Dial {
  constructor(root) {
    this.root = root;
    this.gate = new Gate((move) => this.post(move));
    this.held = false;
    this.key = false;
    this.stop = new AbortController();
    this.build();
    this.listen();
  }

  build() {
    const id = `lv-dial-${++ids}`;
    this.root.innerHTML = `
      <div class="lv-dial-row">
        <label for="${id}"></label>
        <button type="button" class="lv-dial-help" aria-label="Explanation"
          popovertarget="${id}-help">?</button>
        <div popover id="${id}-help" class="lv-dial-tip"></div>
        <span class="lv-dial-note" id="${id}-note" role="alert"></span>
        <button type="button" class="lv-dial-reset"><svg viewBox="0 0 16 16" aria-hidden="true"
          ><path d="${ARROW}" fill="none" stroke="currentColor" stroke-width="1.5"
          stroke-linecap="round" stroke-linejoin="round"/></svg></button>
        <input class="lv-dial-number" type="text" inputmode="decimal" autocomplete="off"
          spellcheck="false" aria-describedby="${id}-note">
      </div>
      <input class="lv-dial-range" type="range" id="${id}" min="0" step="1"
        aria-describedby="${id}-help">`;
    const find = (name) => this.root.querySelector(name);
    this.label = find("label");
    this.help = find(".lv-dial-help");
    this.tip = find(".lv-dial-tip");
    this.note = find(".lv-dial-note");
    this.reset = find(".lv-dial-reset");
    this.number = find(".lv-dial-number");
    this.range = find(".lv-dial-range");
  }

  on(target, names, act) {
    const { signal } = this.stop;
    for (const name of names.split(" ")) target.addEventListener(name, act, { signal });
  }

  listen() {
    const { range, number } = this;
    this.on(range, "pointerdown", () => { this.held = true; });
    this.on(window, "pointerup pointercancel blur", () => { if (this.held) this.letGo(); });
    this.on(range, "keydown", (event) => { if (MOVING_KEYS.has(event.key)) this.key = true; });
    this.on(range, "keyup blur", () => { if (this.key) this.letGo(); });
    this.on(range, "input", () => {
      this.paint(this.data.stops[range.valueAsNumber]);
      this.gate.offer(this.value);
    });
    // A key that is held down fires this for each repetition, and a screen reader without any key.
    this.on(range, "change", () => { if (!this.key) this.letGo(); });
    this.on(range, "dblclick", () => this.set(this.data.reset));
    this.on(this.reset, "click", () => { this.set(this.data.reset); range.focus(); });
    this.on(number, "focus", () => {
      number.value = this.typed = String(this.value);
      number.select();
    });
    this.on(number, "input", () => this.say(""));
    this.on(number, "keydown", (event) => {
      if (event.key === "Enter") this.commit();
      if (event.key === "Escape") {
        this.say("");
        this.revert();
        number.select();
      }
    });
    this.on(number, "blur", () => {
      const refused = number.getAttribute("aria-invalid") || !this.commit();
      this.revert();
      number.removeAttribute("aria-invalid");
      if (refused) this.noteTimer = setTimeout(() => this.say(""), NOTE_TIME);
    });
    this.on(this.tip, "beforetoggle", () => {
      const { left, bottom } = this.help.getBoundingClientRect();
      const most = document.documentElement.clientWidth - 280;
      this.tip.style.left = `${Math.max(8, Math.min(left - 8, most))}px`;
      this.tip.style.top = `${bottom + 6}px`;
    });
  }

  // --- from the server ---

  // Called for every run of the page, mostly with the same data: then the page is left in peace.
  update(data, post) {
    this.data = data;
    this.post = post;
    const look = JSON.stringify({ ...data, value: null, seen: null });
    const same = look === this.look;
    this.look = look;
    if (!same) this.dress(data);
    if (!same || data.value !== this.value) this.follow();
  }

  dress(data) {
    this.label.textContent = data.label;
    this.label.title = data.help;
    this.help.hidden = !data.help;
    this.tip.textContent = data.help;
    this.number.setAttribute("aria-label", `${data.label}, exact number`);
    const reset = `Reset to ${show(data.reset, data)}`;
    this.reset.title = reset;
    this.reset.setAttribute("aria-label", `${data.label}: ${reset}`);
    this.root.style.setProperty("--lv-dial", data.color || "var(--st-primary-color)");
    // The slider's largest value is set before its value, or the browser would cut that.
    this.range.max = data.stops.length - 1;
    this.paint(this.value ?? data.value);
  }

  // Show what the server says, unless a person has said something newer.
  follow() {
    if (!this.held && !this.key && this.gate.isCurrent(this.data.seen)) this.paint(this.data.value);
  }

  // --- from the person ---

  letGo() {
    this.held = this.key = false;
    this.gate.flush();
    this.follow();
  }

  set(value) {
    this.say("");
    this.paint(value);
    this.gate.offer(value);
    this.letGo();
  }

  // Take the number that was typed; false when it is not allowed.
  commit() {
    const { number, data } = this;
    if (number.value === this.typed) return true;
    const value = read(number.value);
    if (!allowed(value, data)) {
      this.say(data.sentence);
      return false;
    }
    this.set(value);
    number.value = this.typed = String(value);
    return true;
  }

  revert() {
    const { number } = this;
    const editing = document.activeElement === number;
    this.typed = String(this.value);
    number.value = editing ? this.typed : show(this.value, this.data);
  }

  // --- on the screen ---

  say(sentence) {
    clearTimeout(this.noteTimer);
    this.note.textContent = sentence;
    this.root.classList.toggle("lv-dial-refused", Boolean(sentence));
    if (sentence) this.number.setAttribute("aria-invalid", "true");
    else this.number.removeAttribute("aria-invalid");
  }

  paint(value) {
    const { data, range, number } = this;
    this.value = value;
    const at = place(value, data);
    if (range.valueAsNumber !== at) range.value = at;
    const text = show(value, data);
    range.setAttribute("aria-valuetext", text);
    this.root.style.setProperty("--lv-dial-at", `${at / Math.max(1, data.stops.length - 1)}`);
    this.reset.classList.toggle("lv-dial-idle", value === data.reset);
    // What is being typed is the person's.
    if (document.activeElement !== number) number.value = text;
  }

  remove() {
    this.stop.abort();
    this.gate.close();
    clearTimeout(this.noteTimer);
    this.root.replaceChildren();
  }
}
