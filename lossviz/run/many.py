"""`race_many`: every method from many starts, or with many seeds of the noise, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError
from lossviz.run.replicas import Replicas, checked_starts, methods_of
from lossviz.run.state import Method, Trained
from lossviz.run.threads import one_thread

#: No more bytes of weights and losses are kept.
MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, eq=False)
class Many:
    """What K methods did from S starts each.

    Args:
        methods: K methods.
        weights: (K, steps + 1, S, P), after 0, 1, 2, ... steps.
        loss: (K, steps + 1, S), without noise.
        ended: (K, S), the step at which each diverged, -1 where it did not. From that step on its
            weights and losses are not numbers.
    """

    methods: tuple[Method, ...]
    weights: Tensor
    loss: Tensor
    ended: Tensor


@one_thread()
def race_many(
    problem: Problem,
    methods: Sequence[Trained],
    starts: Tensor,
    steps: int,
    seeds: Sequence[int] | None = None,
) -> Many:
    """Race every method from every start, one evaluation of all points for each step.

    Each replica does what `race_on` does from its start with its seed: to the bit while the loss of
    a point does not depend on the points beside it, else up to the rounding of stacked functions.

    Args:
        problem: What to lower, on all of its samples.
        methods: K of them; anything with an optimizer and a schedule.
        starts: (S, P).
        steps: How many steps each takes.
        seeds: Of the noise of each replica (S,); None for 0 in all.

    Raises:
        SettingError: When there is nothing to train, sizes do not fit, there is too much to keep,
            or an optimizer refuses the model.

    >>> from lossviz.problem import function_problem
    >>> from lossviz.run import Method
    >>> starts = torch.tensor([[1.0, 1.0], [2.0, -1.0], [0.0, 3.0]])
    >>> many = race_many(function_problem("ravine"), [Method("sgd", {"lr": 0.01})], starts, 50)
    >>> tuple(many.weights.shape), tuple(many.loss.shape), many.ended.tolist()
    ((1, 51, 3, 2), (1, 51, 3), [[-1, -1, -1]])
    """
    starts = checked_starts(problem, starts)
    count, size = starts.shape
    shape = len(methods), max(0, steps) + 1, count
    needed = shape[0] * shape[1] * shape[2] * (size + 1) * starts.element_size()
    if needed > MOST_BYTES:
        raise SettingError(
            f"{shape[0]} methods, {count} starts and {steps} steps need {needed / 2**20:.0f} MiB, "
            f"more than {MOST_BYTES // 2**20} MiB; take fewer of one of them."
        )
    replicas = Replicas(problem, methods_of(methods), starts, steps, seeds)
    weights, loss = starts.new_empty(*shape, size), starts.new_empty(*shape)
    for step in range(steps + 1):
        if step:
            replicas.step()
        loss[:, step] = replicas.look().view(shape[0], count)
        weights[:, step] = replicas.theta.view(shape[0], count, size)
    ended = replicas.ended.view(shape[0], count)
    over = (ended[:, None] >= 0) & (torch.arange(steps + 1)[:, None] >= ended[:, None])
    weights[over] = torch.nan
    loss[over] = torch.nan
    return Many(tuple(replicas.methods), weights, loss, ended)
