"""What a map and a landscape say of the cells alike: colours, contour lines, masked cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossviz.figures.scale import Scale, levels
from lossviz.figures.slice import Summary
from lossviz.figures.theme import PALETTE, SURFACE_SCALE, Mode


def sheet(summary: Summary, mode: Mode) -> dict[str, Any]:
    """The part of the trace of a surface that does not depend on the view.

    Heights and colours are on the scale; what hovering tells are the true losses.
    """
    return {
        "x": summary.x,
        "y": summary.y,
        "z": summary.scale.values,
        "customdata": summary.loss,
        "colorscale": [list(stop) for stop in SURFACE_SCALE[mode]],
        "colorbar": color_bar(summary.scale, summary.loss_title, mode),
        "connectgaps": False,
        "hovertemplate": f"{summary.loss_title} %{{customdata:.4~g}}"
        "<br>at (%{x:.3~g}, %{y:.3~g})<extra></extra>",
    }


def lines(scale: Scale) -> dict[str, float]:
    """Where the contour lines are."""
    start, end, step = levels(scale.low, scale.high)
    return {"start": start, "end": end, "size": step}


def color_bar(scale: Scale, title: str, mode: Mode) -> dict[str, Any]:
    """The colour bar, with words for losses beyond its ends."""
    palette = PALETTE[mode]
    places, words = scale.ticks()
    return {
        "title": {
            "text": title + (" (log)" if scale.log else ""),
            "side": "right",
            "font": {"size": 13, "color": palette.muted},
        },
        "thickness": 12,
        "outlinewidth": 0,
        "xpad": 12,
        "tickvals": places,
        "ticktext": words,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": palette.grid,
        "tickfont": {"size": 12, "color": palette.muted},
    }


def ends(side: np.ndarray) -> list[float]:
    """The ends of an axis over a side of the grid; one line alone has room around it."""
    low, high = float(side.min()), float(side.max())
    return [low, high] if low < high else [low - 0.5, high + 0.5]


def blocks(
    x: np.ndarray, y: np.ndarray, masked: np.ndarray
) -> list[tuple[float, float, float, float]]:
    """The masked cells (ny, nx) as rectangles (x0, x1, y0, y1), neighbours in a row in one.

    >>> blocks(np.arange(3.0), np.arange(2.0), np.array([[True, True, False], [False] * 3]))
    [(0.0, 1.5, 0.0, 0.5)]
    """
    left, right = _edges(x)
    low, high = _edges(y)
    found = []
    for j, row in enumerate(masked):
        steps = np.diff(np.concatenate([[0], row.astype(int), [0]]))
        for start, stop in zip(
            np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True
        ):
            found.append((left[start], right[stop - 1], low[j], high[j]))
    return [tuple(float(v) for v in block) for block in found]  # type: ignore[misc]


def _edges(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the cell of each grid line begins and ends; cells at the rim are half ones."""
    middles = (side[1:] + side[:-1]) / 2
    before = np.concatenate([side[:1], middles])
    after = np.concatenate([middles, side[-1:]])
    if len(side) == 1:
        return before - 0.5, after + 0.5
    return before, after
