"""The panels of curves over the steps: losses, scores, useless units, weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from lossviz.checkup import Checkup
from lossviz.ui.checkup.shown import Named, Shown, named, place_of, stop_of, waited_until
from lossviz.ui.stage import message as stage

#: The id of early stopping among the contenders.
STOPPER = "early"

#: Which curves of a run are drawn in which way.
_KINDS: tuple[tuple[Literal["solid", "faint"], str], ...] = (("solid", "train"), ("faint", "test"))


def curves_of(shown: Shown) -> Iterator[stage.Losses]:
    """The panels that the section has, each with a tab of its own."""
    checkup, every = shown.checkup, tuple(named(shown))
    losses = _both(every, "loss", "loss", "loss", log=checkup.log)
    yield replace(losses, curves=(*losses.curves, *_waiting(checkup, every[0])))
    metrics = every[0].exam.run.metrics
    if "train_accuracy" in metrics:
        yield _both(every, "accuracy", "accuracy", "accuracy in %", factor=100.0)
    elif "train_r2" in metrics:
        yield _both(every, "r2", "R²", "R²")
    if checkup.show == "start":
        yield from _units(every)
    if checkup.show in ("hold", "weights"):
        yield _panel(
            "near zero", "weights below 0.001, in %",
            ((one.letter, one.exam.run.recorded, 100 * one.exam.vanished) for one in every),
        )  # fmt: skip
    if checkup.show == "weights":
        yield _one_weight(checkup, every[0])


def _both(
    every: Sequence[Named], name: str, tab: str, title: str, log: bool = False, factor: float = 1.0
) -> stage.Losses:
    """One of the metrics on both splits, a factor times as large; test samples are pale."""
    curves = []
    for one in every:
        for kind, split in _KINDS:
            values = one.exam.run.metrics[f"{split}_{name}"]
            if np.isfinite(values).any():
                words = f"{split} {tab}"
                steps = one.exam.run.recorded
                curves.append(stage.Curve(one.letter, words, steps, factor * values, kind))
    if any(curve.kind == "faint" for curve in curves):
        title += " (pale: test)"
    return stage.Losses(tuple(curves), log=log, title=title, id=tab, tab=tab)


def _waiting(checkup: Checkup, one: Named) -> Iterator[stage.Curve]:
    """A level line at the lowest test loss, as long as early stopping waits for a lower one."""
    found = stop_of(checkup, one.exam) if checkup.show == "fit" else None
    if found is not None:
        steps = np.unique([found.best, waited_until(found, one.exam)])
        yield stage.Curve(STOPPER, "lowest test loss", steps, np.full(len(steps), found.loss))


def _units(every: Sequence[Named]) -> Iterator[stage.Losses]:
    """How many units are of no use: alike, and dead where there are rectifiers."""
    known = [(one.letter, one.exam.steps, one.exam.spreads) for one in every]
    hidden = [
        (letter, steps, found)
        for letter, steps, found in known
        if found is not None and found.units.any() and len(found.layers) > 1
    ]
    if not hidden:
        return
    yield _panel(
        "alike", "hidden units that say what another one says",
        ((letter, steps, found.alike[:, :-1].sum(1)) for letter, steps, found in hidden),
    )  # fmt: skip
    if any(np.isfinite(found.dead).any() for _, _, found in hidden):
        yield _panel(
            "dead", "hidden units that are zero for every sample",
            ((letter, steps, np.nansum(found.dead, axis=1)) for letter, steps, found in hidden),
        )  # fmt: skip


def _panel(
    tab: str, title: str, series: Iterator[tuple[str, np.ndarray, np.ndarray]]
) -> stage.Losses:
    """One curve for each contender: its letter, its steps and its values."""
    curves = tuple(stage.Curve(letter, tab, steps, values) for letter, steps, values in series)
    return stage.Losses(curves, log=False, title=title, id=tab, tab=tab)


def _one_weight(checkup: Checkup, one: Named) -> stage.Losses:
    run = one.exam.run
    name, row, column = place_of(checkup, one.exam)
    tensor = run.space.unflatten(run.weights)[name].flatten(2)
    values = tensor[:, row, column].double().numpy()
    curve = stage.Curve(one.letter, "weight", run.recorded, values)
    return stage.Losses((curve,), False, f"{name}[{row}, {column}]", id="one", tab="one weight")
