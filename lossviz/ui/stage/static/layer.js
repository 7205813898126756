// A transparent canvas over a picture, in CSS pixels whatever the screen's density.

export class Layer {
  constructor(host, name) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = `lv-layer lv-${name}`;
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = this.canvas.getContext("2d");
    host.append(this.canvas);
    this.width = 0;
    this.height = 0;
    this.fits = 0; // how often it was emptied by a change of size
  }

  /** Fit to `width` x `height`; setting the size of a canvas clears it, so only on a change. */
  fit(width, height) {
    const density = window.devicePixelRatio || 1;
    if (width === this.width && height === this.height && density === this.density) return;
    Object.assign(this, { width, height, density, fits: this.fits + 1 });
    this.canvas.width = Math.max(1, Math.round(width * density));
    this.canvas.height = Math.max(1, Math.round(height * density));
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** An empty canvas and its context. */
  clear() {
    const { context } = this;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    return context;
  }
}
