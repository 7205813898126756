"""The surface as a map: filled contours, hatched cells, and paths with a halo."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.brush import FLAT, Brush
from lossviz.figures.cells import blocks, ends, lines, sheet
from lossviz.figures.layout import axis, base_layout, note
from lossviz.figures.path_words import end_words, hover, start_words
from lossviz.figures.paths import Path
from lossviz.figures.slice import NOT_FINITE, Summary
from lossviz.figures.theme import PALETTE, Mode

CONTOUR = {"light": "rgba(20,26,38,.34)", "dark": "rgba(232,234,237,.26)"}


def flat_figure(summary: Summary, mode: Mode) -> go.Figure:
    """The map of a surface."""
    layout = base_layout(mode, summary.title, summary.caption, summary.legend)
    layout.update(
        xaxis=axis(mode, summary.x_title, range=ends(summary.x), showgrid=False),
        yaxis=axis(mode, summary.y_title, range=ends(summary.y), showgrid=False),
    )
    figure = go.Figure(layout=layout)
    if np.isfinite(summary.loss).any():
        figure.add_trace(_contour(summary, mode))
    else:
        figure.add_annotation(**note(mode, "No cell of this slice has a finite loss."))
    masked = summary.scale.masked
    if masked.any():
        name = summary.masked_words
        figure.add_trace(hatch(summary.x, summary.y, masked, mode, name, NOT_FINITE))
    for path in summary.paths:
        figure.add_traces(_halo(path, mode))
    for path in summary.paths:
        figure.add_traces(_path(path, mode))
    return figure


def _contour(summary: Summary, mode: Mode) -> go.Contour:
    return go.Contour(
        **sheet(summary, mode),
        zmin=summary.scale.low,
        zmax=summary.scale.high,
        autocontour=False,
        contours={"coloring": "heatmap", **lines(summary.scale)},
        line={"width": 0.7, "color": CONTOUR[mode]},
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


def _halo(path: Path, mode: Mode) -> list[Any]:
    if path.head is None:
        return []
    return [Brush(FLAT, path, mode).halo(path.coords[path.drawn])]


def _path(path: Path, mode: Mode) -> list[Any]:
    brush = Brush(FLAT, path, mode)
    if path.head is None:
        return [brush.key()]
    template, data = hover(path)
    way = brush.way(path.coords[path.drawn], customdata=data[path.drawn], hovertemplate=template)
    traces = [way, brush.key()]
    if path.inside[0]:
        traces.append(brush.start(path.coords[:1], start_words(path)))
    head = path.coords[path.head : path.head + 1]
    return [*traces, brush.end(head, end_words(path, path.head))]
