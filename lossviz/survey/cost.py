"""About how long parts of a survey take, right within a factor of three or so."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem, Split
from lossviz.problem.work import work_of
from lossviz.settings import Experiment
from lossviz.surface.losses import FEWEST
from lossviz.surface.portions import look_at
from lossviz.survey.ground import problem_of

#: Seconds for a product of a weight and a sample, and for an activation, in a stack of layers.
PRODUCT, UNIT = 1 / 15e9, 1 / 2e9
#: Seconds for a call into torch, and for an entry that it gives, in any other model.
CALL, ENTRY = 25e-6, 3e-9
#: Of models that are evaluated in batches about so many share a call.
TOGETHER = 16
#: One evaluation among many takes no less.
LEAST = 2e-6
#: A product with the Hessian takes about so many evaluations of the loss.
PRODUCTS = 10


@functools.lru_cache(maxsize=32)
def point_seconds(experiment: Experiment, split: Split = "train") -> float:
    """About how long one evaluation of the loss takes among many."""
    problem = problem_of(experiment)
    samples = len(problem.batch(split)[0])
    if _is_stack(problem):
        units = sum(shape[0] for shape in problem.space.shapes if len(shape) > 1)
        return max(samples * (problem.space.size * PRODUCT + units * UNIT), LEAST)
    work = work_of(problem)
    points = look_at(problem, problem.batch(split), problem.theta0).points
    together = min(points, TOGETHER) if points >= FEWEST else 1
    return work.calls * CALL / together + samples * work.entries * ENTRY


def surface_seconds(experiment: Experiment, split: Split, points: int) -> float:
    """About how long a surface of ``points`` x ``points`` cells takes."""
    return points**2 * point_seconds(experiment, split)


def points_seconds(experiment: Experiment, splits: Iterable[Split], count: int) -> float:
    """About how long so many evaluations take on each of these splits, as far as it has samples."""
    prob = problem_of(experiment)
    known = (split for split in splits if len(prob.batch(split)[0]))
    return count * sum(point_seconds(experiment, split) for split in known)


def product_seconds(experiment: Experiment) -> float:
    """About how long a product of the Hessian with a vector takes."""
    return PRODUCTS * point_seconds(experiment)


def _is_stack(problem: Problem) -> bool:
    return isinstance(problem.model, ModuleModel) and problem.model.stack is not None
