"""What a model says at one step: regions, a curve, a confusion matrix, predicted values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.flat import hatch
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.paths import array
from lossviz.figures.theme import CLASSES, PALETTE, Mode
from lossviz.figures.words import share
from lossviz.problem.data import Data
from lossviz.surface.predictions import Confusion, Fit, Parity, Predictions, Regions

#: How much of a class's colour the most certain place has.
DEPTH = 0.75


def predictions(
    seen: Predictions,
    data: Any = None,
    step: int | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """What the model says at one step.

    How to read it: of decision regions the colour is the likeliest class, the fainter the less
    certain, and the line is where two classes are equally likely. A fitted curve stands among the
    samples. In a confusion matrix what is right stands on the diagonal, and so it does where
    predicted values are drawn over actual ones. Filled dots are training samples, rings test
    samples.

    Args:
        seen: `lossviz.surface.predictions.Regions`, ``Fit``, ``Confusion`` or ``Parity``.
        data: The problem, or its data, for the samples and the names; without it neither is drawn.
        step: Which step; the nearest one in ``seen`` is drawn, the last one when None.
        mode: "light" or "dark".

    Raises:
        ValueError: For another kind of record, one without frames, or an unknown mode.
    """
    mode = check_mode(mode)
    draw = next((draw for kind, draw in DRAW.items() if isinstance(seen, kind)), None)
    if draw is None:
        raise ValueError(
            f"predictions() draws Regions, Fit, Confusion or Parity; got {type(seen).__name__}."
        )
    known = getattr(data, "data", data)
    return draw(seen, frame_at(seen.steps, step), known, mode)


def frame_at(steps: np.ndarray, step: int | None) -> int:
    """The place of the step, or of the nearest one; the last place for None.

    >>> frame_at(np.array([0, 10, 20]), 12), frame_at(np.array([0, 10, 20]), None)
    (1, 2)
    """
    steps = np.asarray(steps)
    if not len(steps):
        raise ValueError("There are no frames to draw; predict at one recorded step or more.")
    return len(steps) - 1 if step is None else int(np.abs(steps - step).argmin())


def certainty(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class (ny, nx), -1 where not finite, and certainty (ny, nx) of probabilities (ny, nx, k).

    The certainty is 0 where all classes are equally likely and 1 where one is sure.

    >>> [part.tolist() for part in certainty(np.array([[[0.25, 0.75], [np.nan, 0.5]]]))]
    [[[1, -1]], [[0.5, nan]]]
    """
    sound = np.isfinite(probabilities).all(axis=-1)
    safe = np.where(sound[..., None], probabilities, 0.0)
    winner = np.where(sound, safe.argmax(axis=-1), -1)
    least = 1 / max(2, probabilities.shape[-1])
    sure = np.clip((safe.max(axis=-1) - least) / (1 - least), 0.0, 1.0)
    return winner, np.where(sound, sure, np.nan)


def finer(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, times: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The grid and its values (ny, nx, k) with so many cells for each one, linear in between.

    >>> side = np.array([0.0, 3.0])
    >>> finer(side, side[:1], np.array([[[0.0], [6.0]]]))[2].tolist()
    [[[0.0], [2.0], [4.0], [6.0]]]
    """
    for along, side in ((0, y), (1, x)):
        at = np.linspace(0, len(side) - 1, times * (len(side) - 1) + 1)
        below = np.minimum(at.astype(int), max(len(side) - 2, 0))
        above = np.minimum(below + 1, len(side) - 1)
        part = (at - below).reshape((-1, 1, 1) if along == 0 else (1, -1, 1))
        low, high = values.take(below, axis=along), values.take(above, axis=along)
        # A neighbour of no weight says nothing, even where it is not finite.
        values = np.where(part == 0, low, np.where(part == 1, high, (1 - part) * low + part * high))
        line = side[below] + (at - below) * (side[above] - side[below])
        if along == 0:
            y = line
        else:
            x = line
    return x, y, values


def margin(probabilities: np.ndarray, index: int) -> np.ndarray:
    """How much likelier a class is than the likeliest other one, (ny, nx) of (ny, nx, k)."""
    others = np.delete(probabilities, index, axis=-1)
    return probabilities[..., index] - others.max(axis=-1)


def accuracy(counts: np.ndarray) -> float | None:
    """The share on the diagonal of counts (k, k); None where nothing was counted."""
    total = counts.sum()
    return float(np.trace(counts) / total) if total else None


def _regions(seen: Regions, frame: int, data: Data | None, mode: Mode) -> go.Figure:
    chances = array(seen.probabilities[frame])
    x, y = array(seen.x), array(seen.y)
    k = chances.shape[-1]
    names = _names(data, k)
    lost = certainty(chances)[0] < 0
    fine_x, fine_y, fine = finer(x, y, chances)
    winner, sure = certainty(fine)
    titles = (data.feature_names if data is not None else ()) or ("first input", "second input")
    caption = ["Strong colours are certain, faint ones uncertain."]
    if lost.any():
        caption.append(f"No finite prediction in {int(lost.sum())} of {lost.size} cells (hatched).")
    figure = _figure(
        seen.steps[frame],
        "Decision regions",
        caption,
        tuple(f"{name} (test)" for name in 2 * names),
        mode,
    )
    figure.update_layout(
        xaxis=axis(mode, titles[0], range=[x[0], x[-1]], showgrid=False),
        yaxis=axis(mode, titles[1], range=[y[0], y[-1]], showgrid=False),
    )
    for index, name in enumerate(names):
        own = np.where(winner == index, sure, np.nan)
        if np.isfinite(own).any():
            color = _class_color(index, mode)
            figure.add_trace(
                go.Heatmap(
                    x=fine_x, y=fine_y, z=own, zmin=0, zmax=1, showscale=False,
                    colorscale=[[0, _mixed(color, mode, 0.12)], [1, _mixed(color, mode, DEPTH)]],
                    customdata=fine[..., index],
                    hovertemplate=f"{name}: %{{customdata:.3f}}<extra></extra>",
                )
            )  # fmt: skip
    line = {"width": 1.8, "color": PALETTE[mode].text}
    for index in range(k if k > 2 else min(1, k - 1)):
        edge = margin(chances, index)
        if np.nanmin(edge, initial=0) < 0 < np.nanmax(edge, initial=0):
            figure.add_trace(
                go.Contour(
                    x=x, y=y, z=edge, autocontour=False, showscale=False, line=line,
                    contours={"coloring": "none", "start": 0, "end": 0, "size": 1},
                    hoverinfo="skip", showlegend=False,
                )
            )  # fmt: skip
    if lost.any():
        figure.add_trace(hatch(x, y, lost, mode, "no finite prediction", "no finite prediction"))
    if data is not None and data.inputs.shape[-1] == 2:
        figure.add_traces(_class_dots(data, names, mode))
    return figure


def _fit(seen: Fit, frame: int, data: Data | None, mode: Mode) -> go.Figure:
    x, values = array(seen.x), array(seen.values[frame])
    caption = [] if np.isfinite(values).all() else ["The curve has a gap where it is not finite."]
    title = (data.feature_names[0] if data is not None and data.feature_names else "") or "input"
    target = data.target_name if data is not None else "target"
    figure = _figure(seen.steps[frame], "Fitted curve", caption, ("model",), mode)
    figure.update_layout(
        xaxis=axis(mode, title, range=[x[0], x[-1]]),
        yaxis=axis(mode, target, range=_fit_range(values, data)),
    )
    palette = PALETTE[mode]
    dot = {"size": 7, "color": palette.muted, "opacity": 0.75}
    if data is not None and data.inputs.shape[-1] == 1:
        for name, xs, ys, symbol in (
            ("training samples", data.inputs, data.targets, "circle"),
            ("test samples", data.test_inputs, data.test_targets, "circle-open"),
        ):
            if len(xs):
                figure.add_trace(
                    go.Scatter(
                        x=array(xs)[:, 0], y=array(ys).ravel(), mode="markers", name=name,
                        marker={**dot, "symbol": symbol},
                        hovertemplate="%{x:.3~g}: %{y:.4~g}<extra></extra>",
                    )
                )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=x, y=np.where(np.isfinite(values), values, np.nan), mode="lines", name="model",
            line={"width": 3, "color": palette.accent},
            hovertemplate="%{x:.3~g}: %{y:.4~g}<extra>model</extra>",
        )
    )  # fmt: skip
    return figure


def _confusion(seen: Confusion, frame: int, data: Data | None, mode: Mode) -> go.Figure:
    counts = array(seen.counts[frame])
    names = _names(data, len(counts))
    right = accuracy(counts)
    word = "training" if seen.split == "train" else seen.split
    caption = (
        [f"{share(right)} of {int(counts.sum())} {word} samples are right."]
        if right is not None
        else ["Nothing is counted here: the model's outputs are not finite."]
    )
    figure = _figure(seen.steps[frame], "Confusion matrix", caption, (), mode)
    categories = {"type": "category", "showgrid": False, "showline": False, "ticks": ""}
    figure.update_layout(
        xaxis=axis(mode, "class that the model says", **categories, constrain="domain"),
        yaxis=axis(
            mode, "true class", **categories, autorange="reversed", scaleanchor="x",
            constrain="domain",
        ),
    )  # fmt: skip
    if right is None:
        figure.add_annotation(**note(mode, "The model's outputs are not finite at this step."))
        return figure
    rows = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, rows, out=np.zeros_like(counts), where=rows > 0)
    figure.add_trace(
        go.Heatmap(
            x=list(names), y=list(names), z=shares, zmin=0, zmax=1, showscale=False, xgap=2, ygap=2,
            colorscale=[[0, PALETTE[mode].panel], [1, PALETTE[mode].accent]],
            text=counts.astype(int), texttemplate="%{text}",
            textfont={"size": 15},
            hovertemplate="true %{y}, said %{x}: %{text} samples, %{z:.0%} of the class"
            "<extra></extra>",
        )
    )  # fmt: skip
    return figure


def _parity(seen: Parity, frame: int, data: Data | None, mode: Mode) -> go.Figure:
    actual, values = array(seen.actual), array(seen.values[frame])
    target = data.target_name if data is not None else "target"
    caption = ["What is predicted exactly stands on the line."]
    if not np.isfinite(values).all():
        caption.append(f"{int((~np.isfinite(values)).sum())} predictions are not finite.")
    figure = _figure(
        seen.steps[frame], "Predicted and actual values", caption, ("test samples",), mode
    )
    ends = _fit_range(actual, data)
    figure.update_layout(
        xaxis=axis(mode, f"{target}, actual", range=ends),
        yaxis=axis(mode, f"{target}, predicted", range=ends),
    )
    palette = PALETTE[mode]
    figure.add_trace(
        go.Scatter(
            x=ends, y=ends, mode="lines", line={"width": 1.5, "color": palette.muted},
            hoverinfo="skip", showlegend=False,
        )
    )  # fmt: skip
    test = array(seen.test).astype(bool)
    for name, rows, symbol in (
        ("training samples", ~test, "circle"),
        ("test samples", test, "circle-open"),
    ):
        if rows.any():
            figure.add_trace(
                go.Scatter(
                    x=actual[rows], y=values[rows], mode="markers", name=name,
                    marker={"size": 7, "color": palette.accent, "opacity": 0.75, "symbol": symbol},
                    hovertemplate="actual %{x:.4~g}, predicted %{y:.4~g}<extra></extra>",
                )
            )  # fmt: skip
    return figure


DRAW: dict[type, Callable[[Any, int, Any, Mode], go.Figure]] = {
    Regions: _regions,
    Fit: _fit,
    Confusion: _confusion,
    Parity: _parity,
}


def _figure(
    step: int, what: str, caption: list[str], legend: tuple[str, ...], mode: Mode
) -> go.Figure:
    return go.Figure(layout=base_layout(mode, f"{what} at step {int(step)}", caption, legend))


def _names(data: Data | None, count: int) -> tuple[str, ...]:
    given = data.class_names if data is not None else ()
    if len(given) == count:
        return tuple(given)
    return tuple(f"class {index}" for index in range(count))


def _class_color(index: int, mode: Mode) -> str:
    return CLASSES[mode][index % len(CLASSES[mode])]


def _mixed(color: str, mode: Mode, part: float) -> str:
    """A colour mixed into the background."""
    ground = PALETTE[mode].background
    channels = (
        (1 - part) * int(ground[i : i + 2], 16) + part * int(color[i : i + 2], 16)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{round(channel):02X}" for channel in channels)


def _class_dots(data: Data, names: tuple[str, ...], mode: Mode) -> list[go.Scatter]:
    traces = []
    palette = PALETTE[mode]
    for split, inputs, targets in (
        ("training", data.inputs, data.targets),
        ("test", data.test_inputs, data.test_targets),
    ):
        points, classes = array(inputs), array(targets).ravel()
        for index, name in enumerate(names):
            own = points[classes == index]
            if not len(own):
                continue
            color = _class_color(index, mode)
            filled = split == "training"
            rim = palette.background if filled else color
            traces.append(
                go.Scatter(
                    x=own[:, 0], y=own[:, 1], mode="markers",
                    name=name if filled else f"{name} (test)", legendgroup=str(index),
                    marker={"size": 8, "color": color if filled else palette.background,
                            "line": {"width": 1 if filled else 2, "color": rim}},
                    hovertemplate=f"{name}, {split} sample<extra></extra>",
                )
            )  # fmt: skip
    return traces


def _fit_range(values: np.ndarray, data: Data | None) -> list[float]:
    """The samples decide: a curve that runs away leaves the picture, the samples stay."""
    parts = [] if data is None else [array(data.targets).ravel(), array(data.test_targets).ravel()]
    shown = np.concatenate(parts) if parts else values
    shown = shown[np.isfinite(shown)]
    if not len(shown):
        return [-1.0, 1.0]
    low, high = float(shown.min()), float(shown.max())
    room = 0.15 * (high - low) or 0.5
    return [low - room, high + room]
