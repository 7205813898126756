"""Sharpness along the paths of a survey, each beside what its own optimizer stands."""

from __future__ import annotations

from dataclasses import dataclass

from lossviz.curvature import Along, adam_scale, sharpness_along
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.settings import Experiment
from lossviz.survey.cost import product_seconds
from lossviz.survey.ground import problem_of

#: A path is looked at in so many places at most, fewer where that would take longer than about so
#: many seconds.
PLACES, FEWEST, SECONDS = 61, 7, 5.0
#: Products with the Hessian that a place takes, once the one before it is known.
EACH = 6
#: The optimizers whose scales can be found again from the weights.
SCALED = ("adam", "adamw")


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The largest curvature along one path.

    Args:
        plain: Of the loss itself, with the limit of plain descent and of momentum.
        scaled: In the coordinates in which Adam steps, with Adam's limit; None for others, or where
            its scales are not known.
        why: Why there is no ``scaled`` one where there should be, in a sentence; else "".
    """

    plain: Along
    scaled: Along | None = None
    why: str = ""


def sharpness_of(experiment: Experiment, run: Run) -> Sharpness:
    """The largest eigenvalue of the training loss's Hessian along a run, as often as there is time.

    How to read it: see `lossviz.curvature.Along`. For Adam it is the scaled curvature that settles
    at its limit, (2 + 2 beta1) / ((1 - beta1) eta), while the plain one may go on rising (Cohen et
    al. 2022).
    """
    problem = problem_of(experiment)
    every = stride(len(run.recorded), EACH * product_seconds(experiment))
    plain = sharpness_along(problem, run, every)
    if run.method.optimizer not in SCALED:
        return Sharpness(plain)
    try:
        scale = adam_scale(problem, run)
    except SettingError as error:
        return Sharpness(plain, why=str(error))
    return Sharpness(plain, sharpness_along(problem, run, every, preconditioned=True, scale=scale))


def seconds_of(experiment: Experiment, frames: int) -> float:
    """About how long `sharpness_of` takes for a run of so many frames."""
    each = EACH * product_seconds(experiment)
    places = -(-frames // stride(frames, each))
    return places * each * (2 if experiment.optimizer in SCALED else 1)


def stride(frames: int, seconds: float) -> int:
    """Of how many frames one is looked at, when each look takes so many seconds.

    >>> stride(301, 0.001), stride(301, 0.5), stride(5, 0.001)
    (5, 34, 1)
    """
    places = int(min(max(SECONDS / seconds, FEWEST), PLACES))
    return max(1, -(-(frames - 1) // (places - 1)))
