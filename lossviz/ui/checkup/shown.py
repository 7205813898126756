"""What is drawn and told of a checkup: its records, and what each contender is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lossviz import registry
from lossviz.checkup import Checkup, EarlyStop, Exam, Pair, early_stop, weight_names
from lossviz.comparison import letters
from lossviz.picture import Seen
from lossviz.problem import Data
from lossviz.registry import SettingError
from lossviz.ui.scene import detail


@dataclass(frozen=True, eq=False)
class Shown:
    """All that is drawn of a checkup.

    Args:
        checkup: What was asked for.
        exams: One for each contender.
        pair: The surfaces, where regularisation is looked at.
        seen: The predictions, where the fit is looked at.
        data: The samples, for these.
    """

    checkup: Checkup
    exams: tuple[Exam, ...]
    pair: Pair | None = None
    seen: Seen | None = None
    data: Data | None = None


@dataclass(frozen=True, eq=False)
class Named:
    """A contender: its letter, its name, its settings in a few words, its exam, and its mark."""

    letter: str
    title: str
    detail: str
    exam: Exam
    mark: int


def named(shown: Shown) -> Iterator[Named]:
    """The contenders, in order."""
    checkup, exams = shown.checkup, shown.exams
    every = zip(letters(len(exams)), checkup.names(), exams, strict=True)
    for mark, (letter, title, exam) in enumerate(every):
        yield Named(letter, title, _detail(checkup, mark), exam, mark)


def _detail(checkup: Checkup, place: int) -> str:
    if checkup.show == "start":
        scheme = checkup.schemes[place]
        return detail(registry.initialisers[scheme.init], scheme.params)
    if checkup.show == "hold":
        return held_by(checkup) if place else ""
    return detail(registry.optimizers[checkup.base.optimizer], checkup.base.params)


def held_by(checkup: Checkup) -> str:
    """What holds the model back, in a few words; empty where nothing does."""
    base, free = checkup.base, checkup.free
    found = [
        (words, value)
        for words, value in (
            ("L2", base.l2),
            ("L1", base.l1),
            ("input noise", base.input_noise),
            ("dropout", base.model_params.get("dropout", 0.0)),
        )
        if value
    ]
    if base.params != free.params:
        found.append(("weight decay", base.params["weight_decay"]))
    return ", ".join(f"{words} {float(value):.3g}" for words, value in found)


# --- early stopping ------------------------------------------------------------------------------


def stop_of(checkup: Checkup, exam: Exam) -> EarlyStop | None:
    """Where the run would have been stopped early; None where there is nothing to stop by."""
    try:
        return early_stop(exam.run, checkup.patience)
    except SettingError:
        return None


def waited_until(found: EarlyStop, exam: Exam) -> int:
    """The last step that early stopping would have seen."""
    return int(exam.run.recorded[-1]) if found.stop is None else found.stop


# --- the weight that is followed -----------------------------------------------------------------


def place_of(checkup: Checkup, exam: Exam) -> tuple[str, int, int]:
    """The name of its tensor, its row and its column.

    Settings that go beyond the tensor mean its last row or column.
    """
    names = weight_names(exam.run.space)
    name = names[min(checkup.layer, len(names) - 1)]
    shape = dict(zip(exam.run.space.names, exam.run.space.shapes, strict=True))[name]
    columns = int(np.prod(shape[1:]))
    return name, min(checkup.unit, shape[0] - 1), min(checkup.entry, columns - 1)
