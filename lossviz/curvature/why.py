"""What happens at each step of a run, and why: in words, with the curvature and the limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossviz.curvature.sentences import SENTENCES
from lossviz.curvature.view import Flags, Floats, View
from lossviz.run.worked import fill

if TYPE_CHECKING:
    from lossviz.problem.problem import Problem
    from lossviz.run.record import Run

#: So much of the distance is left of which a step removes less than this: slow.
SLOW = 0.05

#: A valley is called narrow from this condition number on.
NARROW = 20.0

#: A surface that curves so many times more upwards than downwards is a bent valley, no saddle.
WALLED = 10.0

#: A learning rate below this share of the limit is called small.
SMALL = 0.02


@dataclass(frozen=True, eq=False)
class Fact:
    """What is worth showing at every frame, in one of several forms.

    Args:
        label: What it is about.
        templates: The forms, with {name} for a value.
        pick: (frames,), the number of the form that holds at each frame; None where there is one.
    """

    label: str
    templates: tuple[str, ...]
    pick: NDArray[np.int64] | None = None

    def at(self, frames: NDArray[np.int64]) -> Fact:
        """The fact at some of the frames."""
        return self if self.pick is None else replace(self, pick=self.pick[frames])

    def text(self, values: Mapping[str, Floats], frame: int) -> str:
        """What holds at one frame, for a person."""
        form = 0 if self.pick is None else int(self.pick[frame])
        return fill(self.templates[form], values, frame, formula=False)


@dataclass(frozen=True, eq=False)
class Why:
    """What happens at each frame of a run.

    Args:
        sentences: Templates with {name} for a value.
        pick: (frames,), the number of the sentence that says what matters most at each frame.
        values: For each name (frames,), or (frames, P), aligned with ``run.recorded``.
        facts: What is always worth showing.
    """

    sentences: tuple[str, ...]
    pick: NDArray[np.int64]
    values: Mapping[str, Floats]
    facts: tuple[Fact, ...]

    def text(self, frame: int) -> str:
        """What happens at one frame, for a person."""
        return fill(self.sentences[self.pick[frame]], self.values, frame, formula=False)

    def at(self, frames: NDArray[np.int64]) -> Why:
        """The explanation of some of the frames."""
        return Why(
            self.sentences,
            self.pick[frames],
            {name: np.asarray(values)[frames] for name, values in self.values.items()},
            tuple(fact.at(frames) for fact in self.facts),
        )


def explain(problem: Problem, run: Run, hessian: Any = None) -> Why:
    """What a watched run does at each frame, and why.

    The curvature is that of the problem's own loss; the stability limit is the optimizer's, for
    what it now holds (see `lossviz.run.stability`). A limit speaks of a quadratic: on another
    surface it says what happens nearby.

    Args:
        problem: What was lowered.
        run: From ``race_on(problem, ..., watch=True)``.
        hessian: The Hessians (frames, P, P) at its weights, where they are there already.

    Raises:
        SettingError: For a model with too many parameters.
        ValueError: For a run that was not watched.

    >>> from lossviz.problem import point_problem
    >>> from lossviz.run import Method, race_on
    >>> bowl = point_problem(lambda x, y: 5 * x**2 + 5 * y**2, (1.0, 0.0))
    >>> why = explain(bowl, race_on(bowl, [Method("sgd", {"lr": 0.21})], 20, watch=True)[0])
    >>> print(why.text(10))  # doctest: +NORMALIZE_WHITESPACE
    The steps grow: the learning rate 0.21 is over the limit 0.2 at curvature 10. Each step
    overshoots by more than the last.
    """
    view = View.of(problem, run, hessian)
    # A later verdict goes before an earlier one.
    pick = np.zeros(len(view.x), dtype=np.int64)
    names = tuple(SENTENCES)
    for found in (_pace, _path, _stability, _place, _end):
        for name, flags in found(view).items():
            pick[flags] = names.index(name)
    if len(pick) > 1 and not pick[-1] and names[pick[-2]] in _lasting(view):
        pick[-1] = pick[-2]  # no step follows that could be looked at
    return Why(tuple(SENTENCES.values()), pick, view.values(), _facts(view))


def _lasting(view: View) -> tuple[str, ...]:
    """Verdicts on the last step that its end can share; the others can be seen there themselves."""
    down = ("bent", "negative") if view.lowest[-1] < -view.curved[-1] else ()
    hill = ("dome",) if view.highest[-1] < 0 else ()
    return ("far", "uphill", "decay", *down, *hill)


def _pace(view: View) -> dict[str, Flags]:
    """Why it is slow, where it is."""
    with np.errstate(invalid="ignore"):
        slow = (view.lowest > view.curved) & (view.share >= 0) & (view.share < SLOW)
        narrow = view.condition >= NARROW
        return {
            "plane": (view.highest == 0) & (view.lowest == 0) & (view.slope > 0),
            "small": slow & ~narrow & (view.ratio < SMALL),
            "slow": slow & narrow & ~view.stretched,
        }


def _path(view: View) -> dict[str, Flags]:
    """What the steps do: past a saddle, up a slope, to and fro."""
    with np.errstate(invalid="ignore"):
        down = view.lowest < -view.curved
        saddle = down & (WALLED * -view.lowest >= view.highest)
        along = view.along_lowest > 0.5
        faint = view.way_out < 0.1 * view.slope
        near = saddle & ~along & faint & (view.highest > 0) & (view.distance <= 2 * view.extent)
        rising = view.rises & (view.recent > 0)
        carried = np.arange(len(rising)) > 0  # the first step has no momentum yet
        up = view.has_momentum & ((view.climb > 0) | rising) & carried
        return {
            "skips": (view.length == 0) & (view.slope > 0),
            "bent": down & ~saddle & along,
            "near_saddle": near,
            "heading": near & (view.way_out == 0),
            "negative": saddle & along & view.growing,
            "dome": (view.highest < 0) & view.growing & (view.climb < 0),
            "far": rising & ~up,
            "uphill": up,
            "carried": (view.slope == 0) & view.moving & (view.noise == 0),
            "decay": view.decays,
            "stuck_saddle": near & (view.way_out == 0) & (view.distance <= view.near),
            "noise": (view.slope < view.noise) & (view.noise > 0),
        }


def _stability(view: View) -> dict[str, Flags]:
    """How the learning rate stands to the limit, where the steps feel it."""
    with np.errstate(invalid="ignore"):
        close = np.abs(view.ratio - 1) < 1e-9
        over = (view.ratio > 1) & ~close & (view.limit > 0)
        quiet = ~(view.slope < view.noise)
        bounced = view.bounces & quiet
        below = bounced & (view.ratio < 1)
        return {
            "crosses": bounced & ~np.isfinite(view.ratio),
            "swings" if view.has_momentum else "oscillates": below,
            "over_soon": over & quiet & ~view.bounces & ~view.at_rest,
            "edge": close & bounced,
            "over": over & bounced,
            "too_much_decay": view.limit == 0,
        }


def _place(view: View) -> dict[str, Flags]:
    """Where it is, if that says it all: at rest, at an edge."""
    low, high = view.lowest, view.highest
    with np.errstate(invalid="ignore"):
        # Scales of the optimizer's own would change with the first disturbance.
        sharp = (view.ratio > 1) & view.at_rest & (not view.scaled)
        stuck = (view.slope == 0) & (view.noise == 0) & ~view.moving
        return {
            "minimum": view.at_rest & ~view.level,
            "valley": view.at_rest & view.level,
            "balance": view.balanced,
            "at_stationary": stuck & view.level,
            "at_minimum": stuck & (low > view.curved),
            "at_maximum": stuck & (high < 0),
            "at_saddle": stuck & (low < -view.curved) & (high >= 0),
            "at_plateau": stuck & (low == 0) & (high == 0),
            "sharp_minimum": sharp,
            "held": view.held,
            "still": (view.rate == 0) & ~stuck,
        }


def _end(view: View) -> dict[str, Flags]:
    """How a run that diverged came to it."""
    ending = np.zeros(len(view.x), dtype=bool)
    if not view.diverged:
        return {}
    if view.run.status.step == 0:
        return {"undefined": ~ending}
    if view.falls_from < len(ending):
        ending[-1] = True
        return {"falls": np.arange(len(ending)) >= view.falls_from, "fell": ending}
    if view.over_from < len(ending):
        ending[view.over_from :] = True
        return {"diverged": ending, "too_much_decay": ending & (view.limit == 0)}
    ending[-1] = True
    return {"blown_below" if view.has_limit else "blown": ending}


def _facts(view: View) -> tuple[Fact, ...]:
    facts = [
        Fact("Curvature", ("largest {highest}, smallest {lowest}",)),
        Fact("Learning rate", ("{rate} for this step",)),
    ]
    if not view.has_limit:
        reason = f": {view.unlimited}" if view.unlimited else ""
        return (*facts, Fact("Stability limit", (f"none is known for {view.title}{reason}",)))
    if view.scaled:
        told = "{seen}, as the optimizer's own scales make it"
        facts.append(Fact("Scaled curvature", (told,)))
    if view.decay:
        facts.append(Fact("Weight decay", (f"adds {view.decay:g} to every curvature",)))
    return (*facts, _limit(view))


def _limit(view: View) -> Fact:
    """The limit, where a direction curves upwards; elsewhere that there is none."""
    with np.errstate(invalid="ignore"):
        level, never = view.scaled_sharpness <= 0, np.isinf(view.limit)
    shrinks, unknown = view.limit == 0, np.isnan(view.own_limit)
    forms = (
        f"{{own_limit}} = {view.rule}; the learning rate is {{ratio}} of it",
        "none here: no direction curves upwards, so no step is too long for the curvature",
        "not known here: the curvature is not a finite number",
        "none: no new gradient counts, so that the curvature is never felt",
        f"0: with a weight decay of {view.weight_decay:g} the learning rate {{rate}} is too large, "
        "whatever the curvature",
    )
    return Fact("Stability limit", forms, np.select([shrinks, level, unknown, never], [4, 1, 2, 3]))
