"""The parts of a survey that took long, on disk for later sessions.

Workers import this file with what they compute, so it knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from lossviz import engine
from lossviz.picture import Track
from lossviz.surface import RandomSlices, Slice1d
from lossviz.survey.along import Sharpness
from lossviz.survey.lines import Lines
from lossviz.survey.section import Bend, Straight
from lossviz.survey.slices import Cut
from lossviz.survey.spot import Measures, Spectrum

#: What takes fewer seconds is computed again: a dial on its way would fill the disk with it.
WORTH_KEEPING = 0.5

for _kind in (
    *(Bend, Cut, Lines, Measures, Sharpness, Spectrum, Straight),
    *(RandomSlices, Slice1d, Track),
):
    engine.storable(_kind)


def kept(key: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """The result that is kept under a key, or ``function(*arguments)``, kept where it took long.

    Args:
        key: All settings on which it depends, as text; see `lossviz.engine.recall`.
        function: Gives one of the records above, or of those that the engine knows.
        arguments: What it is called with.
    """
    known = engine.recall(key)
    if known is not None:
        return known
    began = perf_counter()
    found = function(*arguments)
    if perf_counter() - began >= WORTH_KEEPING:
        engine.keep(key, found)
    return found
