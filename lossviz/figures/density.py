"""How the eigenvalues of a Hessian are spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lossviz.curvature import SpectralDensity
from lossviz.figures.layout import axis, base_layout, check_mode
from lossviz.figures.theme import PALETTE, Mode, mark

#: The axis shows densities down to this share of the highest.
FLOOR = 1e-5


def density(
    found: SpectralDensity,
    eigenvalues: Sequence[float] | np.ndarray = (),
    mode: Mode = "light",
) -> go.Figure:
    """The density of the eigenvalues on a logarithmic axis, with single ones as ticks below.

    How to read it: the peak at 0 are the many directions that hardly matter, the ticks far out on
    the right the few steep ones, which limit the learning rate. What lies left of 0 are directions
    in which the loss curves downwards. The axis is logarithmic: a bump a thousand times lower than
    the peak still stands for one eigenvalue in a thousand.

    Args:
        found: The density.
        eigenvalues: Single eigenvalues that are known exactly.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    grid, values = (np.asarray(v, dtype=np.float64) for v in (found.grid, found.density))
    highest = float(values.max(initial=0.0)) or 1.0
    low = FLOOR * highest
    color = mark(0).color(mode)
    figure = go.Figure(layout=base_layout(mode, "", ()))
    figure.update_layout(
        height=300,
        margin={"t": 16, "b": 60},
        showlegend=False,
        xaxis=axis(mode, "eigenvalue of the Hessian"),
        yaxis=axis(mode, "density", type="log", range=[np.log10(low), np.log10(3 * highest)]),
    )
    figure.add_trace(
        go.Scatter(
            x=grid, y=np.maximum(values, low), mode="lines", line={"color": color, "width": 2},
            fill="tozeroy", customdata=values,
            hovertemplate="eigenvalue %{x:.4~g}<br>density %{customdata:.3~g}<extra></extra>",
        )
    )  # fmt: skip
    exact = np.asarray(eigenvalues, dtype=np.float64)
    if exact.size:
        figure.add_trace(
            go.Scatter(
                x=exact, y=np.full(exact.shape, 2 * low), mode="markers",
                marker={
                    "symbol": "line-ns", "size": 14,
                    "line": {"width": 2, "color": PALETTE[mode].text},
                },
                hovertemplate="eigenvalue %{x:.6~g}<extra></extra>",
            )
        )  # fmt: skip
    return figure
