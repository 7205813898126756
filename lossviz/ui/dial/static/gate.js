// Back-pressure: while something moves, one message is under way, and the newest value waits.

// A server that has not answered for this long gets the next message anyway.
export const PATIENCE = 4000;
// After this long an answer that never came is no reason to disbelieve the server any more.
const LOST = 20000;

let last = 0;
// Numbers rise over all dials of the page, and over a dial that comes back, so that no two
// messages are equal even when their values are.
const next = () => (last = Math.max(last + 1, Date.now()));

export class Gate {
  constructor(post) {
    this.post = post;
    this.sent = 0;
    this.sentAt = 0;
    this.open = true;
    this.waiting = undefined;
  }

  // A value on the way: sent at once when nothing is under way, else it waits for the answer.
  offer(value) {
    this.waiting = value;
    if (this.open) this.flush();
  }

  // The value that waits is final: whatever the server is busy with is about an older one.
  flush() {
    if (this.waiting === undefined) return;
    const value = this.waiting;
    this.waiting = undefined;
    this.open = false;
    this.sent = next();
    this.sentAt = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.release(), PATIENCE);
    this.post({ n: this.sent, v: value });
  }

  // The page has been run for all messages up to this number.
  answer(number) {
    if (number >= this.sent) this.release();
  }

  release() {
    clearTimeout(this.timer);
    this.open = true;
    this.flush();
  }

  // Whether the server's value, given after it saw that message, is the newest there is.
  isCurrent(seen) {
    return this.waiting === undefined
      && (seen >= this.sent || Date.now() - this.sentAt > LOST);
  }

  close() {
    clearTimeout(this.timer);
  }
}
