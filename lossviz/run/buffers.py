"""The running statistics of batch normalisation that a run leaves behind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from torch import Tensor

from lossviz.problem.disturbance import Disturbance
from lossviz.problem.model import ModuleModel
from lossviz.problem.normalise import replayed_buffers
from lossviz.problem.problem import Problem
from lossviz.run.batches import Batches
from lossviz.run.record import Run
from lossviz.settings import Experiment


def buffers_of(problem: Problem, run: Run, step: int = -1) -> dict[str, Tensor]:
    """The buffers of the module after so many steps of a run, as a plain torch loop has them.

    A run keeps its weights, not its buffers: training never reads them. They are found by sending
    the run's batches through the module in training mode once more, at the recorded weights; one
    forward pass for each step, as a plain loop does.

    Use them with ``problem.with_statistics("frozen", buffers_of(problem, run))``.

    Args:
        problem: The problem of the run.
        run: A run that recorded every step.
        step: After which step; counted from the end when negative.

    Raises:
        TypeError: When the model is no module.
        ValueError: When the run did not record every step, the step is not in it, or the run is
            none of an experiment.
    """
    if not isinstance(problem.model, ModuleModel):
        raise TypeError("The parameters of this problem are the point itself; it has no buffers.")
    exp = run.experiment
    if exp is None:
        raise ValueError(
            "This run was a race on a problem of one's own, and does not know its batches; see "
            "lossviz.problem.normalise.replayed_buffers."
        )
    frames = len(run.weights)
    if not np.array_equal(run.recorded, np.arange(frames)):
        raise ValueError(
            "This run is too long for every step to be recorded, so its buffers cannot be found; "
            'take fewer steps, or statistics="recomputed".'
        )
    last = step + frames if step < 0 else step
    if not 0 <= last < frames:
        raise ValueError(f"There is no step {step}; the run has the steps 0 to {frames - 1}.")
    model = problem.model
    return replayed_buffers(
        model.module,
        (problem.space.unflatten(weights) for weights in run.weights[:last]),
        _inputs(problem, exp),
    )


def _inputs(problem: Problem, exp: Experiment) -> Iterator[Tensor]:
    """The inputs of each step's batch, for ever."""
    batches = Batches(problem.batch(), exp.batch_size, Batches.begin(exp.seed))
    disturbance = problem.disturbance or Disturbance()
    for step in itertools.count():
        yield disturbance.noisy(batches.current()[0], disturbance.generator(step))
        batches.advance()
