"""The fair comparison: how low each contender gets with each learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.brush import FLAT, Brush
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.theme import Mode
from lossviz.figures.words import number
from lossviz.run.sweep import Sweep

#: Heads at the best rates.
STYLE = replace(FLAT, width=2.0, head=(13, 2.0))
#: A linear axis ends at so many times the height of the median curve over the lowest point.
BULK = 3.0


@dataclass(frozen=True, eq=False)
class SweepInfo:
    """What is drawn of one contender's sweep.

    Args:
        label: What the legend says.
        rates: (L,) learning rates.
        middle, low, high: (L,) the median and the quartiles of the final loss over the seeds, less
            the minimum where that is known; not a number where they diverged.
        best: The place of the best rate, or None when every rate diverged.
        mark: The place in `theme.MARKS`.
    """

    label: str
    rates: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    best: int | None
    mark: int = 0

    @property
    def diverged(self) -> np.ndarray:
        """Whether the median run diverged (L,)."""
        return ~np.isfinite(self.middle)

    @property
    def diverged_at(self) -> int | None:
        """0 where every rate diverged: its head in the legend is an x."""
        return 0 if self.best is None else None

    @property
    def legend(self) -> str:
        """The label with the best rate, or that there is none."""
        if self.best is None:
            return f"{self.label} (every rate diverged)"
        return f"{self.label}, best at {number(float(self.rates[self.best]))}"


def sweep_info(found: Sweep, label: str, minimum: float | None = None, mark: int = 0) -> SweepInfo:
    """What is drawn of one sweep; see `SweepInfo`."""
    above = minimum or 0.0
    # "nearest" never computes with infinities.
    low, high = np.quantile(found.final, (0.25, 0.75), axis=1, method="nearest")
    low, middle, high = (
        np.where(np.isfinite(values), values - above, np.nan)
        for values in (low, found.median, high)
    )
    best = int(found.median.argmin()) if np.isfinite(middle).any() else None
    return SweepInfo(label, np.asarray(found.rates), middle, low, high, best, mark)


def sweep(
    sweeps: Sequence[Sweep],
    names: Sequence[str],
    minimum: float | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """The final loss over the learning rate, one curve for each contender.

    How to read it: the lowest point of a curve, marked by its head, is what its optimizer can do
    within the budget; the width of its valley tells how carefully its learning rate has to be
    chosen. A cross at the upper edge is a learning rate with which it diverged. Bands hold the
    middle half of the seeds. On a logarithmic axis what ended at 0 or below stands at the lower
    edge; on a linear one, which a loss below 0 asks for, high curves go on above the picture. The
    values are there on hovering.

    Args:
        sweeps: One for each contender.
        names: What the legend says.
        minimum: The function's least value, from which the final loss is counted.
        mode: "light" or "dark".

    Raises:
        ValueError: When there is not one name for each sweep, or the mode is unknown.
    """
    mode = check_mode(mode)
    if len(sweeps) != len(names):
        raise ValueError(
            f"There are {len(sweeps)} sweeps and {len(names)} names; give each sweep a name."
        )
    infos = [
        sweep_info(found, name, minimum, index)
        for index, (found, name) in enumerate(zip(sweeps, names, strict=True))
    ]
    return draw(infos, "f" if minimum is None else "f minus its minimum", mode)


def draw(infos: Sequence[SweepInfo], title: str, mode: Mode) -> go.Figure:
    """The curves, with a head at each best rate and a cross for what diverged."""
    words = [info.legend for info in infos]
    figure = go.Figure(layout=base_layout(mode, "", (), words))
    floor = floor_of(infos)
    upright: dict[str, Any] = {"type": "log"} if floor else {"range": linear_range(infos)}
    figure.update_layout(
        height=340,
        margin={"t": 16},
        xaxis=axis(mode, "learning rate", type="log"),
        yaxis=axis(mode, f"{title} after the last step", **upright),
        # Crosses of what diverged have no height; they stand in rows along the upper edge.
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )
    if not infos:
        figure.add_annotation(**note(mode, "There is no sweep to draw."))
    elif all(info.best is None for info in infos):
        figure.add_annotation(**note(mode, "Every learning rate of every contender diverged."))
    for row, info in enumerate(infos):
        figure.add_traces(_traces(info, Brush(STYLE, info, mode), floor, row))
    return figure


def _known(infos: Sequence[SweepInfo]) -> np.ndarray:
    """All medians that are numbers."""
    every = np.concatenate([np.zeros(0), *(info.middle for info in infos)])
    return every[np.isfinite(every)]


def floor_of(infos: Sequence[SweepInfo]) -> float | None:
    """The lower edge of a logarithmic axis, below every loss above 0; None for a linear axis.

    A loss below 0 by more than its rounding asks for a linear one.
    """
    every = _known(infos)
    positive = every[every > 0]
    if not len(positive) or every.min() < -1e-9 * positive.max():
        return None
    # Where something stands at the edge, the edge keeps its distance.
    return float(positive.min()) / (10 if (every <= 0).any() else 2)


def linear_range(infos: Sequence[SweepInfo]) -> list[float]:
    """The ends of a linear axis: one rate that nearly diverged does not flatten all others."""
    every = _known(infos)
    if not len(every):
        return [0.0, 1.0]
    low = float(every.min())
    high = min(float(every.max()), low + BULK * (float(np.median(every)) - low))
    room = 0.06 * (high - low) or 0.1 * abs(low) or 0.5
    return [low - room, high + room]


def _traces(info: SweepInfo, brush: Brush, floor: float | None, row: int) -> list[Any]:
    traces = [brush.key(), *_bands(info, brush, floor), _curve(info, brush, floor)]
    if info.best is not None:
        point = np.array([[info.rates[info.best], _lifted(info.middle, floor)[info.best]]])
        traces.append(brush.end(point, _words(info), customdata=info.middle[[info.best]]))
    if info.diverged.any():
        traces.append(_crosses(info, brush, row))
    return traces


def _words(info: SweepInfo) -> str:
    """What is said on hovering, where ``customdata`` holds the loss."""
    return f"<b>{info.label}</b><br>rate %{{x:.3~g}}<br>%{{customdata:.4~g}}<extra></extra>"


def _lifted(values: np.ndarray, floor: float | None) -> np.ndarray:
    """What a logarithmic axis cannot show stands at its edge."""
    return values if floor is None else np.maximum(values, floor)


def _curve(info: SweepInfo, brush: Brush, floor: float | None) -> Any:
    return brush.trace(
        np.column_stack([info.rates, _lifted(info.middle, floor)]),
        mode="lines+markers",
        line=brush.line,
        marker={"size": 5, "color": brush.color},
        customdata=info.middle,
        hovertemplate=_words(info),
    )


def _bands(info: SweepInfo, brush: Brush, floor: float | None) -> list[Any]:
    """The quartiles over the seeds of the noise, a band for each stretch of rates with both."""
    known = np.isfinite(info.low) & np.isfinite(info.high)
    if not (info.low != info.high)[known].any():
        return []
    places = np.flatnonzero(known)
    stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    low, high = _lifted(info.low, floor), _lifted(info.high, floor)
    return [
        brush.trace(
            np.column_stack([info.rates[around], np.concatenate([high[s], low[s[::-1]]])]),
            fill="toself", fillcolor=brush.color, opacity=0.18, line={"width": 0}, mode="lines",
            hoverinfo="skip",
        )
        for s in stretches
        for around in [np.concatenate([s, s[::-1]])]
    ]  # fmt: skip


def _crosses(info: SweepInfo, brush: Brush, row: int) -> Any:
    """The rates that diverged, along the upper edge."""
    rates = info.rates[info.diverged]
    return brush.trace(
        np.column_stack([rates, np.full(len(rates), 0.985 - 0.03 * row)]),
        yaxis="y2",
        mode="markers",
        marker={"size": 7, "symbol": "x-thin", "line": {"width": 2, "color": brush.color}},
        hovertemplate=f"<b>{info.label}</b><br>rate %{{x:.3~g}} diverged<extra></extra>",
    )
