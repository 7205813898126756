// A table that grows at its end: a column of rising steps, and columns of any width beside it.

/** The last index whose step is at or before `time`, or -1. */
export function indexAt(steps, count, time) {
  if (count === 0 || steps[0] > time) return -1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

export class Columns {
  /** `parts` maps a name to {data, shape}; all have the same first side, `steps` among them. */
  constructor(parts) {
    this.count = parts.steps.shape[0];
    this.names = Object.keys(parts);
    this.width = {};
    for (const name of this.names) {
      this[name] = parts[name].data;
      this.width[name] = parts[name].shape.slice(1).reduce((product, side) => product * side, 1);
    }
  }

  get lastStep() {
    return this.count ? this.steps[this.count - 1] : -1;
  }

  at(time) {
    return indexAt(this.steps, this.count, time);
  }

  /** Append what is new in `parts`; false when steps between ours and theirs are missing. */
  append(parts, joins) {
    if (this.lastStep < joins) return false;
    const steps = parts.steps.data;
    const skip = indexAt(steps, steps.length, this.lastStep) + 1;
    const added = steps.length - skip;
    if (added <= 0) return true;
    this.reserve(this.count + added);
    for (const name of this.names) {
      const width = this.width[name];
      this[name].set(parts[name].data.subarray(skip * width), this.count * width);
    }
    this.count += added;
    return true;
  }

  reserve(rows) {
    if (this.steps.length >= rows) return;
    const room = Math.max(rows, 2 * this.steps.length);
    for (const name of this.names) {
      const grown = new this[name].constructor(room * this.width[name]);
      grown.set(this[name]);
      this[name] = grown;
    }
  }
}
