"""The living part of the page of losses: the sketch, and what is said below it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lossviz.figures.theme import Mode
from lossviz.losslab import LossLab
from lossviz.losslab.entropy import shares
from lossviz.ui.losslab import curves, entropy, imbalance, outliers, saturation
from lossviz.ui.losslab.kept import put
from lossviz.ui.sketch import Picture, sketch
from lossviz.ui.style import mode

Drawn = tuple[Callable[[LossLab, Mode], Picture], Callable[[LossLab, Mode], None]]
#: For each section its picture and its words.
SECTIONS: dict[str, Drawn] = {
    "curves": (curves.picture, curves.words),
    "outliers": (outliers.picture, outliers.words),
    "saturation": (saturation.picture, saturation.words),
    "imbalance": (imbalance.picture, imbalance.words),
    "entropy": (entropy.picture, entropy.words),
}
SKETCH = "ll.sketch"


def show(now: LossLab) -> None:
    """The open section: its picture, then its words."""
    picture, words = SECTIONS[now.section]
    sketch(picture(now, mode()), key=SKETCH, on_move=moved)
    words(now, mode())


def moved(name: str, at: tuple[Any, ...]) -> None:
    """A handle was moved; what cannot be is said instead of done."""
    pairs = all(isinstance(one, tuple) for one in at)
    if name == "points" and pairs:
        put(points=at)
    elif name == "cut" and not pairs and len(at) == 1:
        put(cut=at[0])
    elif name in ("p", "q") and not any(isinstance(one, tuple) for one in at):
        put(**{name: tidy(at)})


def tidy(values: tuple[float, ...]) -> tuple[float, ...]:
    """Shares of 1 in thousandths; what rounding leaves over goes to the largest.

    >>> tidy((0.5, 0.25, 0.25)), tidy((1 / 3, 1 / 3, 1 / 3))
    ((0.5, 0.25, 0.25), (0.334, 0.333, 0.333))
    """
    wanted = shares([max(0.0, value) for value in values])
    rounded = [round(value, 3) for value in wanted]
    largest = rounded.index(max(rounded))
    others = math.fsum(value for k, value in enumerate(rounded) if k != largest)
    rounded[largest] = round(1 - others, 3)
    return tuple(rounded)
