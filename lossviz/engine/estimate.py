"""How long a race will take, by a rule of thumb."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from lossviz.problem import Problem
from lossviz.problem.work import work_of
from lossviz.registry import optimizers
from lossviz.run.race import together
from lossviz.run.state import State, Trained, problem_of
from lossviz.settings import Experiment

#: A race that takes less than so many seconds is computed whole, a longer one as a `Job`.
WHOLE = 0.5

#: Seconds, measured on one core of an ordinary server; see `estimate`.
PER_STEP = 60e-6
PER_LAYER = 30e-6
PER_UNIT = 0.5e-9
PER_PRODUCT = 0.03e-9
PER_OPTIMIZER = 30e-6
PER_TENSOR = 60e-6
EVALUATIONS_OF_A_CLOSURE = 20
#: The same for networks that are no plain stack of layers; see `lossviz.problem.work`.
PER_CALL = 30e-6
PER_ENTRY = 6e-9


def estimate(work: Iterable[Experiment] | State) -> float:
    """About how many seconds a race takes on one core; right within a factor of three or so.

    A step costs its calls into torch, plus, for each contender, the products of samples and
    weights, the activations, and what its optimizer does.

    Args:
        work: Experiments, or where a race on any problem stands; it must have a recipe.
    """
    if isinstance(work, State):
        assert work.recipe is not None
        problem = problem_of(work.recipe)
        return (work.steps - work.step) * _per_step(problem, work.methods, work.batch_size)
    experiments = list(work)
    seconds = 0.0
    for places in together(experiments):
        group = [experiments[place] for place in places]
        first = group[0]
        seconds += first.steps * _per_step(problem_of(first), group, first.batch_size)
    return seconds


def _per_step(problem: Problem, contenders: Sequence[Trained], batch_size: int) -> float:
    samples = min(batch_size or len(problem.data.inputs), len(problem.data.inputs))
    if getattr(problem.model, "row_by_row", False):
        return _one_by_one(problem, contenders, samples)
    space = problem.space
    layers = sum(len(shape) > 1 for shape in space.shapes)
    units = sum(shape[0] for shape in space.shapes if len(shape) > 1)
    wide = 2.0 if problem.theta0.dtype == torch.float64 else 1.0
    own = samples * wide * (units * PER_UNIT * 6 + space.size * PER_PRODUCT * 6)
    shared = PER_STEP + layers * PER_LAYER
    seconds = 0.0
    stacked = False
    for contender in contenders:
        entry = optimizers[contender.optimizer]
        if entry.closure:
            seconds += EVALUATIONS_OF_A_CLOSURE * (shared + own + PER_OPTIMIZER)
            continue
        stacked = True
        tensors = len(space.shapes) if entry.layout == "tensors" else 0
        seconds += own + PER_OPTIMIZER + tensors * PER_TENSOR
    return seconds + stacked * shared


def _one_by_one(problem: Problem, contenders: Sequence[Trained], samples: int) -> float:
    """Seconds of a step of networks that share nothing but their data."""
    work = work_of(problem)
    wide = 2.0 if problem.theta0.dtype == torch.float64 else 1.0
    each = work.calls * PER_CALL + samples * work.entries * PER_ENTRY * wide
    seconds = 0.0
    for contender in contenders:
        entry = optimizers[contender.optimizer]
        tensors = len(problem.space.shapes) if entry.layout == "tensors" else 0
        evaluations = EVALUATIONS_OF_A_CLOSURE if entry.closure else 1
        seconds += evaluations * (each + PER_OPTIMIZER) + tensors * PER_TENSOR
    return seconds
