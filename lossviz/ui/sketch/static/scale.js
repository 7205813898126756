// From numbers to pixels and back, and where an axis has its ticks.

export class Scale {
  constructor({ low, high, log = false, ticks }, from, to) {
    Object.assign(this, { low, high, log, from, to, given: ticks });
    this.a = this.warp(low);
    this.b = this.warp(high);
  }

  warp(value) { return this.log ? Math.log10(value) : value; }

  pixel(value) {
    return this.from + ((this.warp(value) - this.a) / (this.b - this.a)) * (this.to - this.from);
  }

  value(pixel) {
    const at = this.a + ((pixel - this.from) / (this.to - this.from)) * (this.b - this.a);
    return this.log ? 10 ** at : at;
  }

  // Pairs of value and text: those that were given, powers of ten, or round numbers.
  ticks() {
    if (this.given) return this.given;
    const most = Math.max(2, Math.round(Math.abs(this.to - this.from) / 64));
    return (this.log ? this.decades(most) : this.rounds(most)).map((value) => [value, show(value)]);
  }

  decades(most) {
    const first = Math.ceil(this.a - 1e-9);
    const last = Math.floor(this.b + 1e-9);
    const step = Math.max(1, Math.ceil((last - first + 1) / most));
    const found = [];
    for (let power = first; power <= last; power += step) found.push(10 ** power);
    return found;
  }

  rounds(most) {
    const raw = (this.b - this.a) / most;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.999) * power;
    const found = [];
    for (let k = Math.ceil(this.a / step - 1e-9); k * step <= this.b + step * 1e-6; k++) {
      found.push(Number((k * step).toPrecision(12)));
    }
    return found;
  }
}

// Four digits, without an exponent where that reads well.
export const show = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(2).replace("e+", "e").replace(/\.?0+e/, "e")
    : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
};
