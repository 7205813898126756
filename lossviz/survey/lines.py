"""1-D slices of a survey: the loss along each axis of its first picture, through A's end."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from lossviz.run import Run
from lossviz.surface import Slice1d, slice_1d
from lossviz.survey.slices import Cut, drawn_problem
from lossviz.survey.survey import Survey

#: Points on each line.
POINTS = 101


@dataclass(frozen=True, eq=False)
class Lines:
    """The loss on two lines through the end of a run; t = 0 is that end.

    How to read it: a valley that is narrow along one line and wide along the other is a ravine. The
    lines go through the run's own last weights, also where these are not in the picture's plane, so
    that 0 stands at the true loss.

    Args:
        titles: Of the two axes, with their units.
        train: Along the first axis and along the second, over the training samples.
        test: The same over the test samples; empty where there are none.
    """

    titles: tuple[str, str]
    train: tuple[Slice1d, ...]
    test: tuple[Slice1d, ...] = ()


def lines_of(survey: Survey, cut: Cut, run: Run) -> Lines:
    """The lines along the axes of a slice through the end of A's run, as far as it is drawn.

    Where that end is outside of what is drawn, as far again, around the end.

    Raises:
        SettingError: When the statistics that a run leaves behind cannot be found.
        ValueError: When that end is not finite.
    """
    problem = drawn_problem(survey, cut.second, {"A": run})
    end = run.weights[-1]
    if not bool(end.isfinite().all()):
        raise ValueError("A's last weights are not finite numbers, so no line leads through them.")
    at = cut.plane.project(end[None])[0][0]
    sides = [
        torch.linspace(*_around(low - float(x), high - float(x)), POINTS, dtype=torch.float64)
        for (low, high), x in zip(cut.window, at, strict=True)
    ]
    found = {
        split: tuple(
            slice_1d(problem, end, axis, t, split=split)
            for axis, t in zip(cut.plane.axes, sides, strict=True)
        )
        for split in ("train", "test")
        if len(problem.batch(split)[0])
    }
    return Lines(cut.plane.titles, found["train"], found.get("test", ()))


def _around(low: float, high: float) -> tuple[float, float]:
    """The same range, or where 0 is not in it one as long around 0."""
    half = (high - low) / 2
    return (low, high) if low <= 0 <= high else (-half, half)
