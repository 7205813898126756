"""Pairs of columns as small pictures: a scatter plot, and the matrix of correlations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from lossviz.datalab.seen import Scatter
from lossviz.figures.theme import CLASSES, Mode
from lossviz.ui.datalab.svg import Place, cut, mixed, row_name, signed, svg, ticks


def scatter(
    seen: Scatter, cleaned: bool, classes: Sequence[str], mode: Mode, limits: np.ndarray
) -> str:
    """Two inputs against each other; what lies beyond a fence is ringed.

    Args:
        seen: The points.
        cleaned: Whether those after cleaning are drawn.
        classes: The classes' names; empty for values, which are shaded by their size.
        mode: Light or dark.
        limits: (2, 2) the ends of x and of y.
    """
    width, height, left, bottom = 420.0, 330.0, 58.0, 40.0
    (x0, x1), (y0, y1) = limits
    points = seen.clean if cleaned else seen.raw
    colors = _colors(seen.clean_targets if cleaned else seen.raw_targets, seen, classes, mode)

    def x(value: float) -> float:
        return left + (width - left - 8) * (value - x0) / (x1 - x0)

    def y(value: float) -> float:
        return 8 + (height - bottom - 8) * (y1 - value) / (y1 - y0)

    parts = [_frame(x, y, limits, seen.names, (width, height, left, bottom))]
    far = np.zeros(len(points), dtype=bool) if cleaned else seen.far
    for (px, py), color, out in zip(points, colors, far, strict=True):
        ring = ' stroke="currentColor" stroke-width="1.2"' if out else ""
        parts.append(
            f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="{4 if out else 2.8}" fill="{color}" '
            f'fill-opacity="0.8"{ring}/>'
        )
    word = "after cleaning" if cleaned else "as it came"
    return svg(width, height, "".join(parts), f"{seen.names[1]} over {seen.names[0]}, {word}")


def _frame(
    x: Place, y: Place, limits: np.ndarray, names: tuple[str, str], sizes: tuple[float, ...]
) -> str:
    """Axes with their ticks and titles."""
    width, height, left, bottom = sizes
    (x0, x1), (y0, y1) = limits
    grey = 'fill="currentColor" fill-opacity="0.7" font-size="11"'
    line = 'stroke="currentColor" stroke-opacity="0.14"'
    parts = []
    for mark in ticks(x0, x1, 5):
        parts.append(
            f'<line x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="8" y2="{height - bottom:.1f}" '
            f"{line}/>"
            f'<text x="{x(mark):.1f}" y="{height - bottom + 15:.1f}" text-anchor="middle" {grey}>'
            f"{signed(mark)}</text>"
        )
    for mark in ticks(y0, y1, 5):
        parts.append(
            f'<line x1="{left}" x2="{width - 8}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" {line}/>'
            f'<text x="{left - 6}" y="{y(mark) + 4:.1f}" text-anchor="end" {grey}>'
            f"{signed(mark)}</text>"
        )
    middle = (8 + height - bottom) / 2
    parts.append(
        f'<text x="{(left + width) / 2:.1f}" y="{height - 6:.1f}" text-anchor="middle" '
        f'font-size="12" fill="currentColor">{escape(cut(names[0], 40))}</text>'
        f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle" '
        f'font-size="12" fill="currentColor">{escape(cut(names[1], 36))}</text>'
    )
    return "".join(parts)


def limits_of(seen: Scatter) -> np.ndarray:
    """The ends of x and of y (2, 2) that hold all points, before cleaning and after."""
    points = np.concatenate([seen.raw, seen.clean])
    if not len(points):
        return np.array([[0.0, 1.0], [0.0, 1.0]])
    low, high = points.min(0), points.max(0)
    room = 0.05 * (high - low)
    room[room == 0] = np.maximum(0.5, 1e-6 * np.abs(low))[room == 0]
    return np.stack([low - room, high + room], axis=1)


def _colors(targets: np.ndarray, seen: Scatter, classes: Sequence[str], mode: Mode) -> list[str]:
    """A colour for each point: of its class, or pale to strong by its value."""
    palette = CLASSES[mode]
    if classes:
        return [palette[int(target) % len(palette)] for target in targets]
    every = np.concatenate([seen.raw_targets, seen.clean_targets])
    low, high = np.quantile(every, (0.02, 0.98)) if len(every) else (0.0, 1.0)
    share = np.clip((targets - low) / ((high - low) or 1.0), 0, 1)
    return [mixed(palette[0], palette[1], float(one)) for one in share]


def matrix(names: Sequence[str], values: np.ndarray, mode: Mode, label: str) -> str:
    """Correlations as a square of colours, blue for -1 and warm for 1."""
    size = len(names)
    left, top = 120.0, 8.0
    cell = min(34.0, 300.0 / max(1, size))
    parts = []
    for i, name in enumerate(names):
        y = top + cell * (i + 0.5)
        parts.append(row_name(name, left - 6, y, 19))
        for j, other in enumerate(names):
            value = values[i, j]
            said = "no line" if np.isnan(value) else f"{value:.2f}"
            parts.append(
                f'<rect x="{left + cell * j:.1f}" y="{top + cell * i:.1f}" '
                f'width="{cell - 1:.1f}" height="{cell - 1:.1f}" rx="2" {_shade(value, mode)}>'
                f"<title>{escape(name)} and {escape(other)}: {said}</title></rect>"
            )
            if cell > 26 and not np.isnan(value):
                parts.append(
                    f'<text x="{left + cell * (j + 0.5) - 0.5:.1f}" y="{y + 3.5:.1f}" '
                    f'font-size="10" text-anchor="middle" fill="currentColor">'
                    f"{round(value, 1) + 0.0:.1f}</text>"
                )
    return svg(left + cell * size + 8, top + cell * size + 8, "".join(parts), label)


def _shade(value: float, mode: Mode) -> str:
    if np.isnan(value):
        return 'fill="none" stroke="currentColor" stroke-opacity="0.3" stroke-dasharray="2 2"'
    color = CLASSES[mode][1 if value > 0 else 0]
    return f'fill="{color}" fill-opacity="{0.06 + 0.8 * abs(value):.2f}"'
