"""Training and test loss over the steps, of one run or several."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.brush import FLAT, Brush
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.paths import array, as_items, diverged_at, is_run, seen_loss, true_loss
from lossviz.figures.scale import log_ticks
from lossviz.figures.theme import PALETTE, Mode
from lossviz.figures.words import distinct, number, run_label

#: Heads at the ends of the curves; an x is larger, so that it is seen.
FINISHED = replace(FLAT, head=(10, 1.6))
DIVERGED = replace(FLAT, head=(13, 1.6))


@dataclass(frozen=True, eq=False)
class Curve:
    """One contender's losses at F recorded steps.

    Args:
        label: What the legend says.
        steps: (F,) step numbers.
        train: (F,) the loss on all training samples.
        test: (F,) on the test samples; None where there are none.
        mark: The place in `theme.MARKS`.
        diverged_at: The first bad step, None for other runs.
        sentence: How the run ended, for a person.
    """

    label: str
    steps: np.ndarray
    train: np.ndarray
    test: np.ndarray | None
    mark: int
    diverged_at: int | None = None
    sentence: str = ""

    @property
    def legend(self) -> str:
        """The label, and the divergence."""
        if self.diverged_at is None:
            return self.label
        return f"{self.label} (diverged at step {self.diverged_at})"


@dataclass(frozen=True, eq=False)
class Summary:
    """What `losses` draws: curves, the range of the axis in units of the loss, and the caption."""

    curves: tuple[Curve, ...]
    low: float
    high: float
    log: bool
    target: float | None
    caption: tuple[str, ...]


def losses(
    runs: Any, log: bool = True, target: float | None = None, mode: Mode = "light"
) -> go.Figure:
    """The loss curves of runs: training solid and bold, test thin and pale.

    How to read it: a curve with an x at its end diverged at the step that the legend names. The
    axis is led by the bulk of the losses; a curve that leaves it at the top goes on above, and its
    values are there on hovering and on zooming out.

    Args:
        runs: One run, or several.
        log: Whether the loss axis is logarithmic; losses at zero or below then leave a gap.
        target: A loss to reach, drawn as a level.
        mode: "light" or "dark".

    Raises:
        ValueError: For something that is not a run, an unknown mode, or a target that is not a
            finite number (above zero with ``log``).
    """
    mode = check_mode(mode)
    return draw(summarise(runs, log, target), mode)


def summarise(runs: Any, log: bool = True, target: float | None = None) -> Summary:
    """The record of the curves; see `losses`."""
    if target is not None and not (math.isfinite(target) and (target > 0 or not log)):
        wanted = "a finite number above 0 (on a log scale)" if log else "a finite number"
        raise ValueError(f"The target is {target}, but must be {wanted}.")
    items = as_items(runs)
    for item in items:
        if not is_run(item):
            raise ValueError(f"losses() draws runs; got {type(item).__name__}.")
    labels = distinct([run_label(run, f"run {i + 1}") for i, run in enumerate(items)])
    curves = tuple(
        _curve(run, label, index)
        for index, (run, label) in enumerate(zip(items, labels, strict=True))
    )
    low, high = axis_range(curves, log, target)
    return Summary(curves, low, high, log, target, _caption(curves, log, high))


def axis_range(
    curves: tuple[Curve, ...], log: bool, target: float | None = None
) -> tuple[float, float]:
    """The ends of the loss axis, in units of the loss.

    From the lowest loss to the highest, but at most to one decade (in linear units: 0.6 of the
    range) above the 95 % quantile and the highest loss at a start, with some room at both ends.
    Of runs that diverged only the start counts, unless all did: one does not flatten the others.
    """
    calm = any(curve.diverged_at is None for curve in curves)
    drawn = [
        values[:1] if calm and curve.diverged_at is not None else values
        for curve in curves
        for values in (curve.train, curve.test)
        if values is not None
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = [np.log10(values) if log else values for values in drawn]
    starts = [float(row[0]) for row in rows if len(row) and np.isfinite(row[0])]
    values = np.concatenate([row[np.isfinite(row)] for row in rows]) if rows else np.zeros(0)
    if target is not None:
        values = np.append(values, math.log10(target) if log else target)
    if not len(values):
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    bulk = max(float(np.quantile(values, 0.95, method="nearest")), *starts, low)
    high = min(high, bulk + (1.0 if log else 0.6 * (bulk - low)))
    room = 0.06 * (high - low) or (0.5 if log else 0.1 * abs(low) or 0.5)
    floor = low - room
    if log:
        return 10.0 ** max(floor, -300), 10.0 ** min(high + room, 300)
    return (max(floor, 0.0) if low >= 0 and high > 0 else floor), high + room


def draw(summary: Summary, mode: Mode) -> go.Figure:
    """The figure of the record."""
    palette = PALETTE[mode]
    tested = any(curve.test is not None for curve in summary.curves)
    words = [*(curve.legend for curve in summary.curves), *(["test loss (thin)"] if tested else [])]
    layout = base_layout(mode, "Loss over the steps", summary.caption, words)
    ends = (summary.low, summary.high)
    layout.update(
        xaxis=axis(mode, "optimizer step", rangemode="tozero", showgrid=False),
        yaxis=axis(
            mode,
            "loss (log scale)" if summary.log else "loss",
            type="log" if summary.log else "linear",
            range=[math.log10(end) for end in ends] if summary.log else list(ends),
            **(_decades(*ends) if summary.log else {}),
        ),
    )
    figure = go.Figure(layout=layout)
    if not summary.curves:
        figure.add_annotation(**note(mode, "There is no run to draw."))
    if summary.target is not None:
        figure.add_hline(
            y=summary.target,
            line={"width": 1.2, "dash": "dash", "color": palette.muted},
        )
        figure.add_annotation(
            text=f"target {number(summary.target)}",
            font={"size": 12, "color": palette.muted},
            showarrow=False,
            x=1,
            xref="paper",
            xanchor="right",
            y=math.log10(summary.target) if summary.log else summary.target,
            yanchor="bottom",
        )
    for curve in summary.curves:
        figure.add_traces(_traces(curve, summary, mode))
    if tested:
        figure.add_trace(
            go.Scatter(
                x=[None], y=[None], mode="lines", name="test loss (thin)",
                line={"width": 1.3, "color": palette.muted}, hoverinfo="skip",
            )
        )  # fmt: skip
    return figure


def _decades(low: float, high: float) -> dict[str, Any]:
    places = log_ticks(math.log10(low), math.log10(high))
    return {
        "tickvals": [10.0**place for place in places],
        "ticktext": [number(10.0**place) for place in places],
    }


def _curve(run: Any, label: str, index: int) -> Curve:
    train, test = true_loss(run, "train"), true_loss(run, "test")
    if not np.isfinite(train).any():
        train = seen_loss(run)
    return Curve(
        label,
        array(run.recorded),
        train,
        test if np.isfinite(test).any() else None,
        index,
        diverged_at(run),
        run.status.sentence,
    )


def _caption(curves: tuple[Curve, ...], log: bool, high: float) -> tuple[str, ...]:
    said = []
    above = sum(bool((curve.train > high).any()) for curve in curves)
    if above:
        runs = "One curve goes" if above == 1 else f"{above} curves go"
        said.append(f"{runs} on above the picture.")
    flat = sum(int((curve.train <= 0).sum()) for curve in curves) if log else 0
    if flat:
        said.append(
            f"{flat} training losses at or below 0 have no logarithm and leave a gap."
            if flat > 1
            else "One training loss at or below 0 has no logarithm and leaves a gap."
        )
    return tuple(said)


def _traces(curve: Curve, summary: Summary, mode: Mode) -> list[Any]:
    brush = Brush(FINISHED if curve.diverged_at is None else DIVERGED, curve, mode)
    return [brush.key(), *_lines(curve, summary, brush), *_end(curve, summary, brush)]


def _lines(curve: Curve, summary: Summary, brush: Brush) -> list[Any]:
    """The test losses thin and pale, and the training losses over them."""
    traces = []
    thin = {"width": 1.3, "color": brush.color}
    for values, kind, line, opacity in (
        (curve.test, "test", thin, 0.55),
        (curve.train, "training", brush.line, 1.0),
    ):
        if values is None:
            continue
        drawn = np.where(values > 0, values, np.nan) if summary.log else values
        traces.append(
            brush.trace(
                np.column_stack([curve.steps, drawn]), mode="lines", line=line, opacity=opacity,
                hovertemplate=f"<b>{curve.label}</b><br>step %{{x:d}}<br>{kind} loss %{{y:.4~g}}"
                "<extra></extra>",
            )
        )  # fmt: skip
    return traces


def _end(curve: Curve, summary: Summary, brush: Brush) -> list[Any]:
    """The head at the last training loss that can be drawn."""
    visible = np.flatnonzero(np.isfinite(curve.train) & ((curve.train > 0) | (not summary.log)))
    if not len(visible):
        return []
    last = visible[-1]
    loss = float(curve.train[last])
    height, place = loss, last
    if loss > summary.high:
        # The mark of a run that left the picture stands at the rim, where it left for good.
        height = summary.high
        inside = np.flatnonzero(curve.train <= height)
        place = visible[visible > inside[-1]][0] if len(inside) else visible[0]
    words = f"<b>{curve.label}</b><br>{curve.sentence}<br>last loss {number(loss, 4)}"
    point = np.array([[curve.steps[place], height]])
    return [brush.end(point, f"{words}<extra></extra>", cliponaxis=False)]
