"""From the ways of a race to the tabs of curves beside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lossviz.course import Course, Crowd
from lossviz.course.heat import Trace
from lossviz.ui.race.quantities import distances, height, title_of
from lossviz.ui.stage import message as stage

#: The tabs of the curves: identity, what the tab says, the axis title.
CURVES = (
    ("value", "f", "f"),
    ("slope", "gradient", "norm of the gradient"),
    ("distance", "distance", "distance to the nearest minimum"),
    ("moved", "step", "length of the step"),
    ("rate", "rate", "learning rate"),
)


def curves(
    course: Course, names: Sequence[str], traces: Sequence[Trace], crowd: Crowd
) -> tuple[stage.Losses, ...]:
    """A tab for each quantity that is known here."""
    panels = []
    for key, tab, title in CURVES:
        lines = tuple(
            _curve(course, name, key, trace) for name, trace in zip(names, traces, strict=True)
        )
        if key == "value":
            lines = banded(course, lines, crowd)
        if not any(np.isfinite(line.values).any() for line in lines):
            continue
        panels.append(
            stage.Losses(
                curves=lines,
                log=bool(course.log),
                title=title_of(course) if key == "value" else title,
                target=course.target if key == "value" else None,
                id=key,
                tab=tab,
            )
        )
    return tuple(panels)


def _curve(course: Course, name: str, key: str, trace: Trace) -> stage.Curve:
    values = getattr(trace, key)
    if key == "value":
        values = height(course, values)
    elif key == "distance":
        values = distances(course, trace)
    return stage.Curve(name, key, trace.steps, values)


def banded(course: Course, lines: tuple[stage.Curve, ...], crowd: Crowd) -> tuple[stage.Curve, ...]:
    """The curves with the spread over the seeds, as far as they go."""
    if crowd.bands is None:
        return lines
    frames, bands = crowd.bands
    return tuple(
        replace(
            line,
            low=np.interp(line.steps, frames, height(course, low)),
            high=np.interp(line.steps, frames, height(course, high)),
        )
        for line, (low, high) in zip(lines, bands, strict=True)
    )
