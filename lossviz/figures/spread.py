"""How far several random slices through one point agree."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.gaps import with_gaps
from lossviz.figures.layout import axis, base_layout, check_mode
from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.surface import RandomSlices


def spread(found: RandomSlices, log: bool = False, mode: Mode = "light") -> go.Figure:
    """The loss over the distance from the centre: the median of the slices, each one, their band.

    How to read it: where the band is narrow, one random slice is as good as another at that
    distance. Where it is wide, a single picture shows chance. A slice whose loss is not finite has
    a gap there.

    Args:
        found: The slices.
        log: Whether the loss is drawn by its logarithm.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    radius = np.asarray(found.radius, dtype=np.float64)
    heights = with_gaps(found.heights)
    low, middle, high = (with_gaps(v) for v in (found.low, found.median, found.high))
    color = mark(0).color(mode)
    figure = go.Figure(layout=base_layout(mode, "", ()))
    figure.update_layout(
        height=300,
        margin={"t": 16, "b": 60},
        showlegend=False,
        xaxis=axis(mode, "distance from the middle, in units of the slices"),
        yaxis=axis(mode, "mean loss at that distance", type="log" if log else "linear"),
    )
    known = np.isfinite(low) & np.isfinite(high)
    around = np.concatenate([np.flatnonzero(known), np.flatnonzero(known)[::-1]])
    edge = np.concatenate([high[known], low[known][::-1]])
    figure.add_trace(
        go.Scatter(x=radius[around], y=edge, fill="toself", fillcolor=color, opacity=0.18,
                   line={"width": 0}, mode="lines", hoverinfo="skip")
    )  # fmt: skip
    for seed, row in zip(found.seeds, heights, strict=True):
        figure.add_trace(
            go.Scatter(x=radius, y=row, mode="lines",
                       line={"width": 1, "color": PALETTE[mode].muted},
                       hovertemplate=f"seed {seed}<br>%{{y:.4~g}}<extra></extra>")
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=radius, y=middle, mode="lines", line={"width": 2.6, "color": color},
                   hovertemplate="median<br>%{y:.4~g}<extra></extra>")
    )  # fmt: skip
    return figure
