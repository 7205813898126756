// One message under way at a time: the newest value waits until the page has answered.

const PATIENCE = 2000; // milliseconds after which a page that has not answered is told the next one

export class Gate {
  constructor(post) {
    this.post = post;
    this.open = true;
    this.waiting = null;
  }

  offer(value) {
    this.waiting = value;
    if (this.open) this.flush();
  }

  /** Send what waits now: it is final, so whatever the page is busy with is about an older one. */
  flush() {
    if (this.waiting === null) return;
    const value = this.waiting;
    this.waiting = null;
    this.open = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.answer(), PATIENCE);
    this.post(value);
  }

  answer() {
    clearTimeout(this.timer);
    this.open = true;
    this.flush();
  }

  close() {
    clearTimeout(this.timer);
    this.waiting = null;
  }
}
