"""What many runs came to: losses over what is varied, and the scores of folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.checkup import CurveOfRuns, Outcome
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.scale import log_ticks
from lossviz.figures.theme import Mode, mark
from lossviz.figures.words import number

#: The height of a chart in pixels.
HEIGHT = 320
#: What is drawn of each outcome: the number, its name, and the place of its mark.
LINES = (
    ("train_loss", "training", 0),
    ("test_loss", "test", 1),
    ("best_test_loss", "test, stopped early", 2),
)


def outcomes(curve: CurveOfRuns, log: bool = False, mode: Mode = "light") -> go.Figure:
    """Losses over what is varied: the mean, and a band of one standard deviation.

    How to read it: see `lossviz.checkup.CurveOfRuns`.

    Args:
        curve: Such as `lossviz.learning_curve` gives.
        log: Whether the loss is drawn by its logarithm.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    figure = _figure(mode, [name for _, name, _ in LINES])
    if not len(curve.x):
        figure.add_annotation(**note(mode, "The first runs are on their way."))
    for name, words, place in LINES:
        middle, spread = curve.mean(name), curve.spread(name)
        known = np.isfinite(middle)
        if known.any():
            x, y, s = curve.x[known], middle[known], spread[known]
            figure.add_traces(_line(words, place, mode, x, y, s, log))
    # Exactly where runs were made: they are in even ratios.
    places = {"tickvals": curve.x, "ticktext": _words(curve.x)}
    ticks = _decades(np.concatenate([[], *(trace.y for trace in figure.data)])) if log else {}
    figure.update_layout(
        xaxis=axis(mode, curve.title, type="log", **places),
        yaxis=axis(mode, "loss at the end", type="log" if log else "linear", **ticks),
    )
    return figure


def _decades(values: np.ndarray) -> dict[str, Any]:
    """Ticks of a logarithmic axis with these values (F,), none of them without a name."""
    values = values[values > 0]
    if not len(values):
        return {}
    places = 10.0 ** np.array(log_ticks(np.log10(values.min()), np.log10(values.max())))
    return {"tickvals": places, "ticktext": _words(places)}


def _words(values: np.ndarray) -> list[str]:
    return [number(float(value)) for value in values]


def _figure(mode: Mode, words: list[str]) -> go.Figure:
    figure = go.Figure(layout=base_layout(mode, "", (), words))
    figure.update_layout(height=HEIGHT, margin={"t": 16})
    return figure


def _line(
    words: str, place: int, mode: Mode, x: np.ndarray, y: np.ndarray, s: np.ndarray, log: bool
) -> list[go.Scatter]:
    color, dash = mark(place).color(mode), mark(place).plotly_dash
    low = np.maximum(y - s, y / 20) if log else y - s
    band = go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([y + s, low[::-1]]), fill="toself",
        fillcolor=color, opacity=0.15, line={"width": 0}, mode="lines", hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    line = go.Scatter(
        x=x, y=y, name=words, mode="lines+markers", line={"color": color, "width": 2, "dash": dash},
        marker={"size": 6, "color": color},
        hovertemplate=f"<b>{words}</b><br>%{{x:.4~g}}<br>%{{y:.3~g}}<extra></extra>",
    )  # fmt: skip
    return [band, line]


def folds(found: Sequence[Outcome], score: str, mode: Mode = "light") -> go.Figure:
    """The score of each fold on what it was trained on and on what it was not.

    How to read it: two models whose means differ by less than the folds do are not told apart.

    Args:
        found: The outcomes of the folds, such as `lossviz.cross_validate` gives.
        score: What their scores are; "accuracy" is told in percent.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    figure = _figure(mode, ["training", "test"])
    places = [f"fold {place + 1}" for place in range(len(found))]
    form = ".1%" if score == "accuracy" else ".3~g"
    for name, words, place in (("train_score", "training", 0), ("test_score", "test", 1)):
        figure.add_trace(
            go.Bar(
                x=places,
                y=[getattr(outcome, name) for outcome in found],
                name=words,
                marker={"color": mark(place).color(mode)},
                hovertemplate=f"<b>%{{x}}</b><br>{words} %{{y:{form}}}<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="group", bargap=0.35, xaxis=axis(mode, ""),
        yaxis=axis(mode, score, tickformat=".0%" if score == "accuracy" else ""),
    )  # fmt: skip
    return figure
