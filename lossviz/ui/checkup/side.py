"""The tabs beside the curves: predictions, weights, and what comes out of each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lossviz.checkup import Checkup, WeightHistory, weight_history
from lossviz.ui.checkup.shown import Named, Shown, named, place_of
from lossviz.ui.predictions import panel
from lossviz.ui.stage import message as stage

#: More rows and columns than this are no picture any more.
LARGEST_MATRIX = 64
FLAT = "A single layer has no course from layer to layer. Choose a deeper model."


def side_of(shown: Shown) -> Iterator[stage.Tab]:
    """The tabs that the section has."""
    checkup, every = shown.checkup, tuple(named(shown))
    if checkup.show == "fit":
        if shown.data is not None:
            yield stage.Tab("predictions", panel(every[0].letter, shown.seen, shown.data))
        yield _histogram(every[0], _history(checkup, every[0]), "weights")
    elif checkup.show == "hold":
        for one in every:
            yield _histogram(one, _history(checkup, one), f"weights {one.title}")
    elif checkup.show == "weights":
        found = _history(checkup, every[0])
        yield _matrix(every[0], found)
        yield _histogram(every[0], found, "histogram")
    if checkup.show in ("start", "weights"):
        yield _profile("signals", "spread of the activations", every, "activations")
        yield _profile("gradients", "spread of the gradients", every, "gradients")


def _history(checkup: Checkup, one: Named) -> WeightHistory:
    """What became of the chosen weights, at the frames that were looked at."""
    tensor, _, _ = place_of(checkup, one.exam)
    run = one.exam.run
    return weight_history(run.space, run.weights[one.exam.frames], tensor)


def _histogram(one: Named, found: WeightHistory, tab: str) -> stage.Tab:
    return stage.Tab(
        tab,
        stage.Histogram(
            found.edges, one.exam.steps, found.counts, x_title=f"weights of {found.name}", log=True,
            contender=one.letter,
        ),
        id=tab,
    )  # fmt: skip


def _matrix(one: Named, found: WeightHistory) -> stage.Tab:
    return stage.Tab(
        "matrix",
        stage.Matrix(
            one.exam.steps, found.matrix[:, :LARGEST_MATRIX, :LARGEST_MATRIX],
            x_title=f"{found.name}: from input", y_title="to unit", contender=one.letter,
        ),
    )  # fmt: skip


def _profile(tab: str, title: str, every: Sequence[Named], what: str) -> stage.Tab:
    known = [(one, one.exam.spreads) for one in every if one.exam.spreads is not None]
    if not known or len(known[0][1].layers) < 2:
        return stage.Tab(tab, FLAT)
    # The time of the one that came furthest; the others end where they ended.
    steps = max((one.exam.steps for one, _ in known), key=lambda own: own[-1])
    lines = tuple(
        stage.ProfileLine(
            one.letter, _at(one.exam.steps, getattr(spread, what), steps), one.mark,
            contender=one.letter,
        )
        for one, spread in known
    )  # fmt: skip
    layers = known[0][1].layers
    return stage.Tab(
        tab,
        stage.Profile(
            np.arange(len(layers), dtype=float), steps, lines, x_title="layer", y_title=title,
            x_labels=_short(layers), log=True,
        ),
    )  # fmt: skip


def _short(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Names that find room below an axis: numbers, where they are numbered."""
    words = [name.removeprefix("layer ").removeprefix("step ") for name in layers]
    return tuple("out" if word == "output" else word for word in words)


def _at(own: np.ndarray, values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Rows of values (G, L) at other steps: the last ones known, none after the end."""
    places = np.searchsorted(own, steps, side="right") - 1
    found = np.asarray(values, dtype=float)[np.maximum(places, 0)]
    found[(places < 0) | (steps > own[-1])] = np.nan
    return found
