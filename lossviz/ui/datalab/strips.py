"""Columns as small pictures: histograms, box plots, bars of labels."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from lossviz.datalab.look import Counts, Summary
from lossviz.figures.theme import PALETTE, Mode
from lossviz.ui.datalab.svg import Place, cut, row_name, signed, svg, ticks

#: A strip in its own units: histogram, and the box plot below it.
WIDTH, HEIGHT, BOX = 240.0, 74.0, 22.0


def span(*parts: Summary) -> tuple[float, float]:
    """From the least to the greatest of some columns, with a little room; never of no width."""
    ends = np.array([part.five[[0, 4]] for part in parts if part.count])
    if not len(ends):
        return 0.0, 1.0
    low, high = float(ends.min()), float(ends.max())
    room = 0.03 * (high - low) or max(0.5, 1e-6 * abs(low))
    return low - room, high + room


def strip(
    before: Summary, after: Summary | None, fences: tuple[float, float], mode: Mode, label: str
) -> str:
    """A histogram over a box plot: before in outline, after filled, with the fences.

    Args:
        before: The column as it came.
        after: The same after a step, or None for the column alone.
        fences: Beyond which values are outliers.
        mode: Light or dark.
        label: What the picture shows, in words.
    """
    low, high = span(before, *([after] if after else []))
    low, high = min(low, float(before.edges[0])), max(high, float(before.edges[-1]))

    def x(value: float) -> float:
        return 4 + (WIDTH - 8) * (value - low) / (high - low)

    top = float(max(before.bars.max(initial=1), 0 if after is None else after.bars.max(initial=1)))
    filled, outline = PALETTE[mode].accent, "currentColor"
    main = before if after is None else after
    parts = [_bars(main, x, top, f'fill="{filled}" fill-opacity="0.75"')]
    if after is not None:
        parts.append(_bars(before, x, top, f'fill="none" stroke="{outline}" stroke-opacity="0.55"'))
    parts += [_fence(x(side)) for side in fences if low < side < high]
    middle = HEIGHT + BOX / 2
    if after is not None:
        parts.append(_box(before, x, middle - 5, 'stroke="currentColor" stroke-opacity="0.55"'))
        middle += 6
    parts.append(_box(main, x, middle, f'stroke="{filled}"'))
    return svg(WIDTH, HEIGHT + BOX + 4, "".join(parts), label)


def _bars(summary: Summary, x: Place, top: float, style: str) -> str:
    shapes = []
    for left, right, count in zip(summary.edges[:-1], summary.edges[1:], summary.bars, strict=True):
        if count:
            high = max(1.0, (HEIGHT - 6) * count / top)
            shapes.append(
                f'<rect x="{x(left) + 0.5:.1f}" y="{HEIGHT - high:.1f}" '
                f'width="{max(1.0, x(right) - x(left) - 1):.1f}" height="{high:.1f}" {style}>'
                f"<title>{signed(left, 4)} to {signed(right, 4)}: {count:,}</title></rect>"
            )
    return "".join(shapes)


def _fence(x: float) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{HEIGHT + BOX:.1f}" stroke="currentColor" '
        'stroke-opacity="0.6" stroke-dasharray="2 3"><title>fence</title></line>'
    )


def _box(summary: Summary, x: Place, y: float, style: str, half: float = 3.5) -> str:
    """Least, quartiles, median and greatest as a box plot."""
    if not summary.count:
        return ""
    least, first, median, third, greatest = (x(value) for value in summary.five)
    return (
        f'<g {style} fill="none"><title>{_five(summary)}</title>'
        f'<path d="M{least:.1f} {y:.1f}H{first:.1f}M{third:.1f} {y:.1f}H{greatest:.1f}'
        f'M{least:.1f} {y - 2:.1f}v4M{greatest:.1f} {y - 2:.1f}v4"/>'
        f'<rect x="{first:.1f}" y="{y - half:.1f}" width="{max(1.0, third - first):.1f}" '
        f'height="{2 * half:g}"/>'
        f'<path d="M{median:.1f} {y - half:.1f}v{2 * half:g}" stroke-width="2"/></g>'
    )


def _five(summary: Summary) -> str:
    words = ("least", "first quartile", "median", "third quartile", "greatest")
    return ", ".join(f"{w} {signed(v, 4)}" for w, v in zip(words, summary.five, strict=True))


def tally(counts: Counts, after: Counts | None, mode: Mode, label: str) -> str:
    """How often each label is there, as bars; before in outline, after filled."""
    then = dict(zip(after.labels, after.bars, strict=True)) if after else {}
    top = max([1, *counts.bars, *then.values()])
    rows = []
    height = (HEIGHT + BOX) / max(4, len(counts.labels))
    for place, (name, count) in enumerate(zip(counts.labels, counts.bars, strict=True)):
        y = place * height
        full = (WIDTH - 108) * (then.get(name, 0) if after else count) / top
        old = (WIDTH - 108) * count / top
        rows.append(
            f'<text x="0" y="{y + height * 0.68:.1f}" font-size="11" fill="currentColor">'
            f"{escape(cut(name, 15))}</text>"
            f'<rect x="94" y="{y + 2:.1f}" width="{full:.1f}" height="{height - 4:.1f}" '
            f'fill="{PALETTE[mode].accent}" fill-opacity="0.75"/>'
            f'<rect x="94" y="{y + 2:.1f}" width="{old:.1f}" height="{height - 4:.1f}" fill="none" '
            f'stroke="currentColor" stroke-opacity="0.55"><title>{escape(name)}: {count:,}'
            f"</title></rect>"
        )
    return svg(WIDTH, HEIGHT + BOX + 4, "".join(rows), label)


def boxes(names: Sequence[str], columns: Sequence[Summary], mode: Mode, label: str) -> str:
    """Box plots of several columns on one axis: whose numbers are how large."""
    row, left, width = 22.0, 130.0, 460.0
    low, high = span(*columns)

    def x(value: float) -> float:
        return left + (width - left - 16) * (value - low) / (high - low)

    height = row * len(columns)
    parts = [_axis(ticks(low, high), x, height)]
    for place, (name, column) in enumerate(zip(names, columns, strict=True)):
        y = row * (place + 0.5)
        parts.append(row_name(name, left - 10, y, 20))
        parts.append(_box(column, x, y, f'stroke="{PALETTE[mode].accent}" stroke-width="1.5"', 6))
    return svg(width, height + 22, "".join(parts), label)


def _axis(marks: Sequence[float], x: Place, height: float) -> str:
    return "".join(
        f'<line x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="0" y2="{height:.1f}" '
        f'stroke="currentColor" stroke-opacity="0.14"/><text x="{x(mark):.1f}" '
        f'y="{height + 16:.1f}" font-size="11" text-anchor="middle" fill="currentColor" '
        f'fill-opacity="0.7">{signed(mark)}</text>'
        for mark in marks
    )
