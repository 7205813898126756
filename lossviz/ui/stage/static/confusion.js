// A confusion matrix: counts in cells, rows are what is true, columns what was said.

export class Confusion {
  axes = null;

  constructor(predictions, theme) {
    this.data = predictions;
    this.theme = theme;
  }

  drawPoints() {}

  draw(context, size, frames, row, text) {
    const { classes, split } = this.data;
    const k = classes.length;
    const { palette, font } = this.theme;
    const label = Math.min(76, 18 + 6.2 * Math.max(...classes.map((name) => name.length)));
    const room = { left: label + 18, top: 22, bottom: 26, right: 8 };
    const cell = Math.floor(Math.min((size.width - room.left - room.right) / k, (size.height - room.top - room.bottom) / k, 88));
    const left = Math.round((size.width - cell * k + room.left - room.right) / 2);
    const top = Math.round(room.top + (size.height - room.top - room.bottom - cell * k) / 2);
    const words = (px) => (context.font = `${px}px ${font}`);
    context.save();
    context.textBaseline = "middle";
    for (let i = 0; i < k; i += 1) {
      const counts = frames.values.subarray((row * k + i) * k, (row * k + i + 1) * k);
      const total = counts.reduce((sum, one) => sum + one, 0) || 1;
      for (let j = 0; j < k; j += 1) {
        const share = counts[j] / total;
        const [x, y] = [left + j * cell, top + i * cell];
        context.fillStyle = palette.panel;
        context.fillRect(x + 1, y + 1, cell - 2, cell - 2);
        context.globalAlpha = 0.9 * share;
        context.fillStyle = i === j ? palette.accent : palette.text;
        context.fillRect(x + 1, y + 1, cell - 2, cell - 2);
        context.globalAlpha = 1;
        words(Math.min(15, Math.max(9, cell * 0.36)));
        context.textAlign = "center";
        context.fillStyle = share > 0.55 ? palette.background : counts[j] ? palette.text : palette.muted;
        context.fillText(String(counts[j]), x + cell / 2, y + cell / 2 + 1);
      }
      words(Math.min(12, Math.max(9, cell * 0.5)));
      context.fillStyle = palette.text;
      context.textAlign = "right";
      context.fillText(classes[i], left - 7, top + (i + 0.5) * cell, label);
      context.textAlign = "center";
      context.fillText(classes[i], left + (i + 0.5) * cell, top - 9, cell - 2);
    }
    words(11);
    context.fillStyle = palette.muted;
    context.fillText(`${text.predicted} (${text[split] ?? split})`, left + (cell * k) / 2, top + cell * k + 14);
    context.translate(left - label - 10, top + (cell * k) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(text.actual, 0, 0);
    context.restore();
  }

  legend() {
    return [];
  }
}
