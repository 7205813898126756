"""What is drawn beside the paths: further ways of a contender, arrows and rates at its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

#: What the "Arrows" menu of the stage lists, in its order.
ArrowKind = Literal["gradient", "momentum", "step"]
ARROWS: tuple[str, ...] = ("gradient", "momentum", "step", "rates")


@dataclass(frozen=True)
class Fan:
    """A contender's ways from S other starts: `x` and `y` (S, F) at the steps `steps` (F,).

    A way ends before its first value that is not finite. They are drawn thin, in the contender's
    colour, up to the step shown, and are hidden with the contender; in 3-D one ends where it leaves
    the surface.
    """

    contender: str
    x: np.ndarray
    y: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class Arrow:
    """A vector at a contender's head for every row of its `Path`: `x`, `y` (F,), in data units.

    It is drawn as given, from the head; so "gradient" wants minus the gradient (downhill) and
    "step" the step that comes next. All arrows of one kind are drawn larger by one factor of
    1, 2, 5 times a power of ten, which the stage writes beside them. NaN draws none.
    """

    contender: str
    kind: ArrowKind
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Rates:
    """The effective learning rate of each coordinate for every row of the `Path`: `x`, `y` (F,).

    Drawn as a cross at the head, arms in proportion, with a scale beside it; written in the
    read-out.
    """

    contender: str
    x: np.ndarray
    y: np.ndarray


def check_fan(fan: Fan) -> None:
    """Raise ValueError unless the columns of a fan fit each other."""
    count = len(fan.steps)
    if fan.x.ndim != 2 or fan.x.shape != fan.y.shape or fan.x.shape[1] != count:
        raise ValueError(
            f"The fan of {fan.contender!r} has x {fan.x.shape} and y {fan.y.shape}; "
            f"expected both to be (starts, {count}), one column for each of its steps."
        )


def check_vectors(vectors: Arrow | Rates, rows: int | None) -> None:
    """Raise ValueError unless there is one vector for every one of the path's `rows`."""
    kind = type(vectors).__name__
    if rows is None:
        raise ValueError(f"{kind} of {vectors.contender!r}, which has no path to stand on.")
    if vectors.x.shape != (rows,) or vectors.y.shape != (rows,):
        raise ValueError(
            f"{kind} of {vectors.contender!r} has x {vectors.x.shape} and y {vectors.y.shape}; "
            f"expected ({rows},), one for each row of its path."
        )
