"""What a map and a landscape say of the cells alike: colours, lines, masked cells, the paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossviz.figures.brush import Brush, Style
from lossviz.figures.paths import Path
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


def brush_of(path: Path, style: Style, mode: Mode) -> Brush:
    """What draws this path."""
    return Brush(style, path.mark, path.legend, path.diverged_at is not None, mode)


def hover(path: Path) -> tuple[str, np.ndarray]:
    """What hovering over a path says: the template and the numbers (F, 4) that it takes."""
    lines = [f"<b>{path.label}</b>", "step %{customdata[0]:d}"]
    columns = (("true loss", path.loss), ("the slice's loss here", path.slice_loss),
               ("distance from the slice", path.residual))  # fmt: skip
    for index, (words, values) in enumerate(columns, 1):
        if np.isfinite(values).any():
            lines.append(f"{words} %{{customdata[{index}]:.4~g}}")
    data = np.column_stack([path.steps, path.loss, path.slice_loss, path.residual])
    return "<br>".join(lines) + "<extra></extra>", data


def start_words(path: Path) -> str:
    """What hovering over a path's start says."""
    return f"<b>{path.label}</b><br>start<extra></extra>"


def end_words(path: Path, frame: int) -> str:
    """What hovering over a path's head, which stands at this frame, says."""
    step = int(path.steps[frame])
    said = []
    if frame != path.head:
        said.append(f"the slice has no finite loss after step {step}")
    elif path.leaves:
        said.append(f"leaves the picture after step {step}")
    if path.diverged_at is not None:
        said.append(f"diverged at step {path.diverged_at}")
    return f"<b>{path.label}</b><br>{', '.join(said) or f'step {step}, the last'}<extra></extra>"
