// The one clock of the stage. Its unit is the optimizer step, as a real number.

/** How long the whole planned time line takes at speed 1. */
const SECONDS = 8;
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

export class Clock {
  time = 0;
  last = 0;
  planned = 1;
  live = false;
  playing = false;
  loop = false;
  speed = 1;
  fps = 0;

  /** Called whenever something changed that a person may see. */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get step() {
    return Math.floor(this.time + 1e-6);
  }

  get atEnd() {
    return this.time >= this.last;
  }

  /** Whether the clock stands at the edge of a run that is still going on. */
  get waiting() {
    return this.playing && this.live && this.atEnd;
  }

  /** A new time line; whoever was at the end stays there, otherwise the place is kept. */
  setRange({ planned, last, live }) {
    const wasAtEnd = this.following;
    const share = this.time / this.planned;
    if (planned !== this.planned) this.time = Math.round(share * planned);
    Object.assign(this, { planned: Math.max(1, planned), last, live });
    this.time = wasAtEnd ? last : Math.min(this.time, last);
  }

  /** More steps have come; whoever stood at the last one goes along. */
  extend({ last, live }) {
    const following = this.following;
    Object.assign(this, { last, live });
    if (following) this.time = last;
  }

  /** Whether a person stands still at the last step there is. */
  get following() {
    return this.atEnd && this.last > 0 && !this.playing;
  }

  play() {
    if (this.atEnd && !this.live) this.time = 0;
    this.playing = this.last > 0 || this.live;
    this.since = undefined;
    this.onChange();
  }

  pause() {
    this.playing = false;
    this.time = this.step;
    this.onChange();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(step) {
    const target = Math.round(Number(step));
    if (Number.isNaN(target)) return;
    this.time = Math.min(Math.max(target, 0), this.last);
    this.onChange();
  }

  nudge(steps) {
    this.playing = false;
    this.seek(this.step + steps);
  }

  faster(notches) {
    const place = SPEEDS.indexOf(this.speed) + notches;
    this.speed = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
    this.onChange();
  }

  /** Advance to the frame at `now` (milliseconds); true while there is a next frame to ask for. */
  tick(now) {
    if (!this.playing) return false;
    this.measure(now);
    const seconds = this.since === undefined ? 0 : Math.min((now - this.since) / 1000, 0.25);
    this.since = now;
    this.time += (seconds * this.speed * this.planned) / SECONDS;
    if (this.time < this.last) return true;
    this.time = this.last;
    if (this.live) return true;
    if (this.loop && this.restAtEnd(now)) return true;
    if (this.loop) this.time = 0;
    else this.playing = false;
    this.onChange();
    return this.playing;
  }

  /** A short rest on the last step before a repeat, so that the end can be seen. */
  restAtEnd(now) {
    this.restUntil ??= now + 700;
    if (now < this.restUntil) return true;
    this.restUntil = undefined;
    return false;
  }

  measure(now) {
    if (this.since === undefined) Object.assign(this, { counted: 0, countFrom: now });
    this.counted += 1;
    const elapsed = now - this.countFrom;
    if (elapsed < 1000) {
      if (elapsed > 250) this.fps = ((this.counted - 1) * 1000) / elapsed;
      return;
    }
    this.fps = ((this.counted - 1) * 1000) / elapsed;
    Object.assign(this, { counted: 1, countFrom: now });
  }
}
