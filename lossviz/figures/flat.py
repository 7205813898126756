"""The surface as a map: filled contours, hatched cells, and paths with a halo."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.layout import axis, base_layout, note
from lossviz.figures.paths import Path
from lossviz.figures.scale import Scale, levels
from lossviz.figures.slice import Summary
from lossviz.figures.theme import PALETTE, SURFACE_SCALE, Mode, mark
from lossviz.figures.words import count

CONTOUR = {"light": "rgba(20,26,38,.34)", "dark": "rgba(232,234,237,.26)"}

#: The heads' names in Plotly, where they differ.
SYMBOLS = {"triangle": "triangle-up"}

NOT_FINITE = "no finite loss"


def flat_figure(summary: Summary, mode: Mode) -> go.Figure:
    """The map of a surface."""
    layout = base_layout(mode, summary.title, summary.caption, legend_words(summary))
    layout.update(
        xaxis=axis(mode, summary.x_title, range=_ends(summary.x), showgrid=False),
        yaxis=axis(mode, summary.y_title, range=_ends(summary.y), showgrid=False),
    )
    figure = go.Figure(layout=layout)
    if np.isfinite(summary.loss).any():
        figure.add_trace(_contour(summary, mode))
    else:
        figure.add_annotation(**note(mode, "No cell of this slice has a finite loss."))
    masked = summary.scale.masked
    if masked.any():
        name = masked_words(int(masked.sum()))
        figure.add_trace(hatch(summary.x, summary.y, masked, mode, name, NOT_FINITE))
    for path in summary.paths:
        figure.add_traces(_halo(path, mode))
    for path in summary.paths:
        figure.add_traces(_path(path, mode))
    return figure


def legend_words(summary: Summary) -> list[str]:
    """What stands in the legend."""
    masked = int(summary.scale.masked.sum())
    return [*([masked_words(masked)] if masked else []), *(path.legend for path in summary.paths)]


def masked_words(cells: int) -> str:
    """The legend's words for so many masked cells."""
    return f"{NOT_FINITE} ({count(cells, 'cell')})"


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


def _contour(summary: Summary, mode: Mode) -> go.Contour:
    scale = summary.scale
    start, end, step = levels(scale.low, scale.high)
    return go.Contour(
        x=summary.x,
        y=summary.y,
        z=scale.values,
        customdata=summary.loss,
        zmin=scale.low,
        zmax=scale.high,
        colorscale=[list(stop) for stop in SURFACE_SCALE[mode]],
        autocontour=False,
        contours={"coloring": "heatmap", "start": start, "end": end, "size": step},
        line={"width": 0.7, "color": CONTOUR[mode]},
        connectgaps=False,
        colorbar=color_bar(scale, summary.loss_title, mode),
        hovertemplate=f"{summary.loss_title} %{{customdata:.4~g}}"
        "<br>at (%{x:.3~g}, %{y:.3~g})<extra></extra>",
    )


def hatch(
    x: np.ndarray, y: np.ndarray, masked: np.ndarray, mode: Mode, name: str, words: str
) -> go.Scatter:
    """Hatching over the masked cells (ny, nx)."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x0, x1, y0, y1 in blocks(x, y, masked):
        xs += [x0, x1, x1, x0, x0, None]
        ys += [y0, y0, y1, y1, y0, None]
    palette = PALETTE[mode]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=palette.background,
        fillpattern={
            "shape": "/",
            "size": 7,
            "solidity": 0.35,
            "bgcolor": palette.background,
            "fgcolor": palette.masked,
            "fillmode": "replace",
        },
        hoveron="fills",
        hoverinfo="text",
        text=words,
        name=name,
    )


def _halo(path: Path, mode: Mode) -> list[go.Scatter]:
    if path.head is None:
        return []
    return [
        go.Scatter(
            x=path.coords[path.drawn, 0],
            y=path.coords[path.drawn, 1],
            mode="lines",
            line={"width": 5.4, "color": PALETTE[mode].background},
            opacity=0.7,
            hoverinfo="skip",
            showlegend=False,
            legendgroup=str(path.mark),
        )
    ]


def _path(path: Path, mode: Mode) -> list[go.Scatter]:
    own, palette = mark(path.mark), PALETTE[mode]
    color = own.color(mode)
    symbol = head_symbol(path)
    line = {"width": 2.4, "color": color, "dash": own.plotly_dash}
    rim = {"width": 1.6, "color": palette.background}
    shared = {"legendgroup": str(path.mark), "name": path.legend}
    # The legend shows line and head together, which no single trace does.
    key = go.Scatter(
        x=[None], y=[None], mode="lines+markers", line=line,
        marker={"symbol": symbol, "size": 10, "color": color}, **shared,
    )  # fmt: skip
    if path.head is None:
        return [key]
    template, data = hover(path)
    way = go.Scatter(
        x=path.coords[path.drawn, 0], y=path.coords[path.drawn, 1], mode="lines", line=line,
        customdata=data[path.drawn],
        hovertemplate=template, showlegend=False, **shared,
    )  # fmt: skip
    ends = [way, key]
    if path.inside[0]:
        ends.append(
            go.Scatter(
                x=path.coords[:1, 0], y=path.coords[:1, 1], mode="markers", showlegend=False,
                marker={"symbol": "circle", "size": 9, "color": palette.background,
                        "line": {"width": 2.2, "color": color}},
                hovertemplate=f"<b>{path.label}</b><br>start<extra></extra>", **shared,
            )
        )  # fmt: skip
    head = path.coords[path.head : path.head + 1]
    ends.append(
        go.Scatter(
            x=head[:, 0], y=head[:, 1], mode="markers", showlegend=False,
            marker={"symbol": symbol, "size": 14, "color": color, "line": rim},
            hovertemplate=end_words(path, path.head), **shared,
        )
    )  # fmt: skip
    return ends


def head_symbol(path: Path) -> str:
    """The head's shape: an x where the run diverged, the contender's own otherwise."""
    if path.diverged_at is not None:
        return "x"
    head = mark(path.mark).head
    return SYMBOLS.get(head, head)


def _ends(side: np.ndarray) -> list[float]:
    low, high = float(side.min()), float(side.max())
    return [low, high] if low < high else [low - 0.5, high + 0.5]


def _edges(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the cell of each grid line begins and ends; cells at the rim are half ones."""
    middles = (side[1:] + side[:-1]) / 2
    before = np.concatenate([side[:1], middles])
    after = np.concatenate([middles, side[-1:]])
    if len(side) == 1:
        return before - 0.5, after + 0.5
    return before, after
