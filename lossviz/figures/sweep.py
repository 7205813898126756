"""The fair comparison: how low each contender gets with each learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.layout import axis, base_layout, check_mode
from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.run.sweep import Sweep

#: The head at the best learning rate.
BEST = "diamond"


@dataclass(frozen=True, eq=False)
class SweepInfo:
    """What is drawn of one contender's sweep.

    Args:
        name: What the legend says.
        rates: (L,) learning rates.
        middle, low, high: (L,) the median and the quartiles of the final loss over the seeds, less
            ``minimum`` where that is known; not a number where the median run diverged.
        best: The place of the best rate, or None when every rate diverged.
        diverged: (L,) whether the median run diverged.
    """

    name: str
    rates: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    best: int | None
    diverged: np.ndarray


def sweep_info(found: Sweep, name: str, minimum: float | None = None) -> SweepInfo:
    """What is drawn of one sweep."""
    final = np.asarray(found.final, dtype=np.float64) - (minimum or 0.0)
    quartiles = np.quantile(final, (0.25, 0.5, 0.75), axis=1, method="nearest")
    low, middle, high = np.where(np.isfinite(quartiles), quartiles, np.nan)
    diverged = ~np.isfinite(middle)
    rates = np.asarray(found.rates)
    best = None if diverged.all() else int(found.median.argmin())
    return SweepInfo(name, rates, middle, low, high, best, diverged)


def sweep(
    sweeps: Sequence[Sweep],
    names: Sequence[str],
    minimum: float | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """The final loss over the learning rate, one curve for each contender.

    How to read it: the lowest point of a curve is what its optimizer can do within the budget, the
    width of its valley how carefully its learning rate has to be chosen. A cross at the upper edge
    is a learning rate with which it diverged. On a logarithmic axis what ended at 0 or below stands
    at the lower edge, and its value is there on hovering.

    Args:
        sweeps: One for each contender.
        names: What the legend says.
        minimum: The function's least value, from which the final loss is counted.
        mode: "light" or "dark".

    Raises:
        ValueError: When there is not one name for each sweep, or the mode is unknown.
    """
    infos = [sweep_info(one, name, minimum) for one, name in zip(sweeps, names, strict=True)]
    return draw(infos, "f minus its minimum" if minimum is not None else "f", check_mode(mode))


def draw(infos: Sequence[SweepInfo], title: str, mode: Mode) -> go.Figure:
    """The curves, with a head at each best rate and a cross for what diverged."""
    layout = base_layout(mode, "", (), [info.name for info in infos])
    figure = go.Figure(layout=layout)
    floor = floor_of(infos)
    for index, info in enumerate(infos):
        figure.add_traces(_traces(info, index, mode, floor))
    figure.update_layout(
        height=340,
        margin={"t": 16},
        xaxis=axis(mode, "learning rate", type="log", exponentformat="power"),
        yaxis=axis(mode, f"{title} after the last step", type="log" if floor else "linear"),
        # Crosses of what diverged have no height; they stand in rows along the upper edge.
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )
    return figure


def floor_of(infos: Sequence[SweepInfo]) -> float | None:
    """The lower edge of a logarithmic axis, below every loss above 0; None for a linear axis.

    A loss below 0 by more than its rounding asks for a linear one.
    """
    every = np.concatenate([info.middle[~info.diverged] for info in infos])
    positive = every[every > 0]
    if not len(positive) or every.min() < -1e-9 * positive.max():
        return None
    return float(positive.min()) / 10 if (every <= 0).any() else float(positive.min()) / 2


def _traces(info: SweepInfo, index: int, mode: Mode, floor: float | None) -> list[go.Scatter]:
    its = mark(index)
    color = its.color(mode)
    several = (info.low != info.high)[np.isfinite(info.low)].any()
    traces = [_band(info, color)] if several else []
    drawn = info.middle if floor is None else np.maximum(info.middle, floor)
    traces.append(
        go.Scatter(
            x=info.rates, y=drawn, customdata=info.middle, name=info.name, mode="lines+markers",
            line={"color": color, "width": 2, "dash": its.plotly_dash}, marker={"size": 5},
            hovertemplate=f"{info.name}<br>rate %{{x:.3g}}: %{{customdata:.4g}}<extra></extra>",
        )
    )  # fmt: skip
    if info.best is not None:
        traces.append(
            go.Scatter(
                x=info.rates[[info.best]], y=drawn[[info.best]], mode="markers",
                marker={
                    "size": 13, "color": color, "symbol": BEST,
                    "line": {"width": 2, "color": PALETTE[mode].background},
                },
                showlegend=False, hoverinfo="skip",
            )
        )  # fmt: skip
    if info.diverged.any():
        traces.append(
            go.Scatter(
                x=info.rates[info.diverged],
                y=np.full(info.diverged.sum(), 0.985 - 0.03 * index),
                yaxis="y2", mode="markers", showlegend=False,
                marker={"size": 7, "color": color, "symbol": "x-thin",
                        "line": {"width": 2, "color": color}},
                hovertemplate=f"{info.name}<br>rate %{{x:.3g}} diverged<extra></extra>",
            )
        )  # fmt: skip
    return traces


def _band(info: SweepInfo, color: str) -> go.Scatter:
    """The quartiles over the seeds of the noise."""
    known = np.isfinite(info.low) & np.isfinite(info.high)
    rates = info.rates[known]
    return go.Scatter(
        x=np.concatenate([rates, rates[::-1]]),
        y=np.concatenate([info.high[known], info.low[known][::-1]]),
        fill="toself", fillcolor=color, opacity=0.18, line={"width": 0}, mode="lines",
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
