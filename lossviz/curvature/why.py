"""What happens at each step of a run, and why: in words, with the curvature and the limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossviz.curvature.view import NEAR, Flags, Floats, View
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

#: A sentence for each verdict; {names} are columns of `Why.values`.
SENTENCES: dict[str, str] = {
    "steady": "Steady descent: the slope is {slope}, and the step goes down it.",
    "minimum": (
        "At a minimum, or next to it: the slope is only {slope}, and every direction curves "
        "upwards."
    ),
    "valley": (
        "At the floor of a valley: the slope is only {slope}. Along the valley it is flat, so "
        "there is nowhere to go."
    ),
    "at_minimum": "At a minimum: the gradient is exactly zero, and every direction curves upwards.",
    "sharp_minimum": (
        "At a minimum whose curvature {seen} is above {allowed}, the most that this learning rate "
        "stands. It rests here only while nothing disturbs it."
    ),
    "at_saddle": (
        "Stuck at a saddle: the gradient is exactly zero, so no step is made. The surface falls "
        "away, with curvature {lowest}, but nothing pushes it there."
    ),
    "at_maximum": (
        "Stuck at a maximum: the gradient is exactly zero, so no step is made. Any push would make "
        "it fall."
    ),
    "at_plateau": "Stuck on a plateau: gradient and curvature are exactly zero here.",
    "at_stationary": (
        "At rest: the gradient is exactly zero, so no step is made. One direction has no "
        "curvature; the surface may be level that way."
    ),
    "stuck_saddle": (
        "Stuck at a saddle: the surface falls away sideways, with curvature {lowest}, but the "
        "gradient that way is exactly zero. Noise or another start would free it."
    ),
    "heading": (
        "Heading for a saddle: the surface falls away sideways, with curvature {lowest}, but the "
        "gradient that way is exactly zero. It will get stuck there."
    ),
    "negative": (
        "Crossing negative curvature {lowest}: it is leaving a saddle. Along that direction each "
        "step is larger than the last."
    ),
    "near_saddle": (
        "Near a saddle: one direction curves downwards, with curvature {lowest}, but the slope "
        "along it is only {way_out}. Leaving takes a while."
    ),
    "bent": (
        "Going along a bent valley: its walls curve with {highest}, the way along it with "
        "{lowest}. The walls keep the steps short."
    ),
    "diverged": (
        "It diverges because the learning rate is over the limit for steps {first} to {last}. Here "
        "it is {rate}, {ratio} times the limit {own_limit} at curvature {seen}."
    ),
    "blown": (
        "It diverges: after this step the numbers are no longer usable. No stability limit is "
        "known for this optimizer."
    ),
    "blown_below": (
        "It diverges: after this step the numbers are no longer usable. The surface falls without "
        "end, or the steps are too long for it."
    ),
    "over": (
        "The steps grow: the learning rate {rate} is over the limit {own_limit} at curvature "
        "{seen}. Each step overshoots by more than the last."
    ),
    "over_soon": (
        "The learning rate {rate} is over the limit {own_limit} at curvature {seen}. Along the "
        "steepest curve the steps will grow."
    ),
    "edge": (
        "It bounces to and fro: the learning rate {rate} is exactly at the limit for curvature "
        "{seen}. The steps neither shrink nor grow."
    ),
    "oscillates": (
        "It oscillates across the valley because the learning rate {rate} is {ratio} of the limit "
        "{own_limit}. Each step overshoots the floor, by less each time."
    ),
    "swings": (
        "Momentum makes it swing across the valley: it arrives at the floor too fast to stop. The "
        "swings shrink, as the learning rate is below the limit {own_limit}."
    ),
    "crosses": "It oscillates: the slope across the valley changes its sign at each step.",
    "uphill": (
        "Momentum carries it uphill: it overshoots, and the slope slows it down before it comes "
        "back."
    ),
    "far": "It overshoots: this step goes too far down the slope and ends higher than it began.",
    "slow": (
        "Slow because the curvature differs: {highest} one way, {lowest} the other, a condition "
        "number of {condition}. Along the flat direction this step removes only {share} % of what "
        "is left."
    ),
    "small": (
        "Slow because the learning rate is small: {rate} is {ratio} of the limit {own_limit}. A "
        "larger one would be stable here."
    ),
    "noise": (
        "Bouncing because of noise: the slope {slope} is smaller than the noise {noise}. A smaller "
        "learning rate or a larger batch would bring it closer."
    ),
    "held": (
        "Held at the edge of the allowed box: the step would leave it, so the point is put back."
    ),
    "still": "It does not move: the learning rate in force is 0.",
}


@dataclass(frozen=True, eq=False)
class Why:
    """What happens at each frame of a run.

    Args:
        sentences: Templates with {name} for a value.
        pick: (frames,), the number of the sentence that says what matters most at each frame.
        values: For each name (frames,), or (frames, P), aligned with ``run.recorded``.
        facts: (label, template) of what is always worth showing.
    """

    sentences: tuple[str, ...]
    pick: NDArray[np.int64]
    values: Mapping[str, Floats]
    facts: tuple[tuple[str, str], ...]

    def text(self, frame: int) -> str:
        """What happens at one frame, for a person."""
        return fill(self.sentences[self.pick[frame]], self.values, frame, formula=False)


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
    if len(pick) > 1 and not pick[-1]:
        pick[-1] = pick[-2]  # no step follows that could be looked at
    return Why(tuple(SENTENCES.values()), pick, view.values(), _facts(view))


def _pace(view: View) -> dict[str, Flags]:
    """Why it is slow, where it is."""
    with np.errstate(invalid="ignore"):
        slow = (view.lowest > view.curved) & (view.share >= 0) & (view.share < SLOW)
        narrow = view.condition >= NARROW
        return {
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
            "bent": down & ~saddle & along,
            "near_saddle": near,
            "heading": near & (view.way_out == 0),
            "negative": saddle & along & view.growing,
            "far": rising & ~up,
            "uphill": up,
            "stuck_saddle": near & (view.way_out == 0) & (view.distance <= NEAR * view.extent),
            "noise": (view.slope < view.noise) & (view.noise > 0),
        }


def _stability(view: View) -> dict[str, Flags]:
    """How the learning rate stands to the limit, where the steps feel it."""
    with np.errstate(invalid="ignore"):
        close = np.abs(view.ratio - 1) < 1e-9
        over = (view.ratio > 1) & ~close
        quiet = ~(view.slope < view.noise)
        bounced = view.bounces & quiet
        below = bounced & (view.ratio < 1)
        return {
            "crosses": bounced & ~np.isfinite(view.ratio),
            "swings" if view.has_momentum else "oscillates": below,
            "over_soon": over & quiet & ~view.bounces & ~view.at_rest,
            "edge": close & bounced,
            "over": over & bounced,
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
    if view.over_from < len(ending):
        ending[view.over_from :] = True
        return {"diverged": ending}
    ending[-1] = True
    return {"blown_below" if view.has_limit else "blown": ending}


def _facts(view: View) -> tuple[tuple[str, str], ...]:
    facts = [
        ("Curvature", "largest {highest}, smallest {lowest}"),
        ("Learning rate", "{rate} for this step"),
    ]
    if not view.has_limit:
        return (*facts, ("Stability limit", f"none is known for {view.title}"))
    if view.scaled:
        facts.append(("Scaled curvature", "{seen}, as the optimizer's own scales make it"))
    if view.decay:
        facts.append(("Weight decay", f"adds {view.decay:g} to every curvature"))
    return (
        *facts,
        ("Stability limit", f"{{own_limit}} = {view.rule}; the learning rate is {{ratio}} of it"),
    )
