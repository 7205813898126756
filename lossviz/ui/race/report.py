"""What is said of a race below the picture: sentences, the table, where further starts end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lossviz import registry
from lossviz.comparison import letters
from lossviz.course import Course, Crowd, Heat
from lossviz.course.heat import Trace
from lossviz.run import Status
from lossviz.ui.race.quantities import distances, isolated
from lossviz.ui.race.scene import describe
from lossviz.ui.scene import number

#: By more than this, and not by rounding, a value is below the minimum.
BELOW = 1e-9

COLUMNS = ("f", "above the minimum", "distance", "steps to tolerance")


def sentences(course: Course, heat: Heat) -> list[str]:
    """What is said below the picture about the function and the noise."""
    said = []
    box = course.entry.box(course.params)
    if box is not None:
        said.append(
            f"Here x must stay from {box[0]:g} to {box[1]:g} and y from {box[2]:g} to {box[3]:g}: "
            "after each step a point outside is put back to the nearest one inside."
        )
    if course.sigma:
        variance = course.sigma**2 / course.batch
        said.append(
            f"Each gradient is the true one plus noise of variance {variance:.3g} in each "
            "coordinate, the same noise for all contenders."
        )
    minimum = course.minimum
    if minimum is not None and (_values(heat) < minimum - BELOW * (1 + abs(minimum))).any():
        hides = " What lies below has no logarithm." if course.log else ""
        said.append(
            "The minimum that is known is that of the usual window: outside of it this function "
            f"goes lower.{hides}"
        )
    if course.log and minimum is None and (_values(heat) <= 0).any():
        said.append(
            "The function has values at or below 0, which have no logarithm; switch the log scale "
            "off to see them."
        )
    return said


def _values(heat: Heat) -> np.ndarray:
    return np.concatenate([trace.value for trace in heat.traces])


def basins(course: Course, crowd: Crowd) -> list[dict[str, int]]:
    """For each contender, how many of the further starts end at which minimum; empty where nothing
    can be counted.
    """
    minimisers = isolated(course.function, course.params)
    if not minimisers:
        return []
    counts = []
    for fan in crowd.fans:
        lost = ~np.isfinite(fan.points[:, -1]).all(axis=-1)
        row = {
            f"at ({x:.3g}, {y:.3g})": int((fan.reached == k).sum())
            for k, (x, y) in enumerate(minimisers)
        }
        row["elsewhere"] = int(((fan.reached < 0) & ~lost).sum())
        row["diverged"] = int(lost.sum())
        counts.append(row)
    if not any(row["diverged"] for row in counts):
        counts = [{name: row[name] for name in row if name != "diverged"} for row in counts]
    return counts


def rows(course: Course, heat: Heat) -> list[dict[str, str]]:
    """The table's rows: where each contender ended, how soon it was near, and how it stands."""
    minimum = course.minimum
    table = []
    for index, (letter, trace, status) in enumerate(
        zip(letters(len(heat.traces)), heat.traces, heat.statuses, strict=True)
    ):
        title = registry.optimizers[course.contenders[index].optimizer].title
        table.append(
            {
                "contender": f"{letter} {title} {describe(course, index)}",
                "f": number(trace.value[-1]),
                "above the minimum": number(trace.value[-1] - minimum)
                if minimum is not None else "–",
                "distance": number(distances(course, trace)[-1]),
                "steps to tolerance": steps_to(heat, index),
                "status": _said(course, trace, status),
            }
        )  # fmt: skip
    return table


def columns(course: Course, table: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Those of the `COLUMNS` that say something here."""
    # Above a minimum of 0 the height is f itself.
    idle = {"above the minimum"} if course.minimum == 0 else set()
    return tuple(
        name
        for name in COLUMNS
        if name not in idle and (name == "f" or any(row[name] != "–" for row in table))
    )


def steps_to(heat: Heat, index: int) -> str:
    """The first step at which a contender was within the tolerance."""
    reached = heat.reached[index]
    return str(reached) if reached >= 0 else "not reached"


def _said(course: Course, trace: Trace, status: Status) -> str:
    if status.kind != "finished":
        return status.sentence
    x0, x1, y0, y1 = course.window()
    x, y = trace.points[:, 0], trace.points[:, 1]
    outside = (x < x0) | (x > x1) | (y < y0) | (y > y1)
    if outside.any():
        step = int(trace.steps[outside.argmax()])
        back = "" if outside[-1] else ", and comes back"
        return f"{status.sentence} It leaves the picture at step {step}{back}."
    return status.sentence
