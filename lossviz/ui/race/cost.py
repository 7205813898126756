"""About how long a course takes, and what of it is left out because it would take too long.

The times were measured on one slow core; they need to be right up to a factor of two.
"""

from __future__ import annotations

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course import Course
from lossviz.ui.words import duration

#: Seconds for one step of one contender of a race, with the slower optimizers.
RACED = 45e-6
#: Seconds for one step of any number of stacked replicas; for one more tensor among them, which is
#: one replica or, with an optimizer that works number by number, all replicas of a contender; and
#: for each replica besides.
STACKED, TENSOR, REPLICA = 1e-4, 6e-5, 0.5e-6
#: Further starts and seeds that would take longer (seconds), or that would be more points in all
#: (24 bytes each), are left out.
LONGEST_CROWD, MOST_POINTS = 8.0, 4_000_000


def alone(course: Course) -> float:
    """About how many seconds the race from the first start takes."""
    return course.steps * len(course.contenders) * RACED


def whole(course: Course) -> float:
    """About how many seconds of work the race is, with its sweep where there is one."""
    return alone(course) + (swept(course) if course.fair else 0.0)


def swept(course: Course) -> float:
    """About how many seconds of work the sweep over the learning rates is."""
    seeds = course.seeds if course.sigma else 1
    return sum(_stacked(course.steps, [one] * course.rates, seeds) for one in course.contenders)


def crowd(course: Course) -> float:
    """About how many seconds the further starts and seeds take."""
    each = replicas(course).values()
    return sum(_stacked(course.steps, course.contenders, count) for count in each)


def replicas(course: Course) -> dict[str, int]:
    """How many replicas of each contender race beside the first: starts, and seeds."""
    seeds = course.seeds if course.sigma and course.seeds > 1 else 0
    counts = {"starts": len(course.others()), "seeds": seeds}
    return {kind: count for kind, count in counts.items() if count}


def left_out(course: Course) -> tuple[str, ...]:
    """A sentence where the further starts and seeds are too much to be raced, else nothing."""
    counts = replicas(course)
    count, racing = sum(counts.values()), len(course.contenders)
    seconds = crowd(course)
    if seconds <= LONGEST_CROWD and course.steps * racing * count <= MOST_POINTS:
        return ()
    return (
        f"The further {' and '.join(counts)} are left out: {racing} contenders {count} times, with "
        f"{course.steps:,} steps each, would take about {duration(seconds)}. Take fewer of them to "
        "see where they go.",
    )


def _stacked(steps: int, methods: list[Contender] | tuple[Contender, ...], count: int) -> float:
    """About how many seconds ``count`` replicas of each method take together."""
    tensors = sum(1 if registry.optimizers[one.optimizer].elementwise else count for one in methods)
    return steps * (STACKED + TENSOR * tensors + REPLICA * count * len(methods))
