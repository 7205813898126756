// From numbers to pixels and back, and where an axis has its ticks.

export class Scale {
  constructor({ low, high, ticks }, from, to) {
    Object.assign(this, { low, high, from, to, given: ticks });
  }

  pixel(value) {
    return this.from + ((value - this.low) / (this.high - this.low)) * (this.to - this.from);
  }

  value(pixel) {
    return this.low + ((pixel - this.from) / (this.to - this.from)) * (this.high - this.low);
  }

  // Pairs of value and text: those that were given, or round numbers.
  ticks() {
    if (this.given) return this.given;
    const most = Math.max(2, Math.round(Math.abs(this.to - this.from) / 64));
    return this.rounds(most).map((value) => [value, show(value)]);
  }

  rounds(most) {
    const raw = (this.high - this.low) / most;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.999) * power;
    const found = [];
    for (let k = Math.ceil(this.low / step - 1e-9); k * step <= this.high + step * 1e-6; k++) {
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
