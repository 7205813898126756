"""`sweep`: each method with many learning rates, for a fair comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError
from lossviz.run.replicas import Replicas, methods_of
from lossviz.run.state import Method, Trained
from lossviz.run.threads import one_thread


@dataclass(frozen=True, eq=False)
class Sweep:
    """One method with L learning rates, from S starts each.

    Args:
        method: The method, with the learning rate that it had before.
        rates: (L,), ascending.
        final: (L, S), the loss after the last step, without noise; infinite where it diverged.
    """

    method: Method
    rates: np.ndarray
    final: np.ndarray

    @property
    def median(self) -> np.ndarray:
        """The median (L,) of the final losses over the starts."""
        return np.median(self.final, axis=1)

    @property
    def best(self) -> float:
        """The rate with the lowest median; the smallest of several, also when all diverged."""
        return float(self.rates[int(self.median.argmin())])

    @property
    def best_method(self) -> Method:
        """The method at its best rate."""
        return at_rate(self.method, self.best)


@one_thread()
def sweep(
    problem: Problem,
    methods: Sequence[Trained],
    rates: Iterable[float],
    steps: int,
    starts: Tensor,
    seeds: Sequence[int] | None = None,
) -> tuple[Sweep, ...]:
    """Train every method with every learning rate from every start, all stacked.

    What else is set of a method stays, its schedule too. Two methods are compared fairly when each
    is at its own best rate out of the same range, with the same budget of steps.

    Args:
        problem: What to lower, on all of its samples.
        methods: K of them, each with a parameter ``lr``.
        rates: The learning rates (L,), at least one.
        steps: How many steps each takes.
        starts: (S, P).
        seeds: Of the noise of each replica (S,); None for 0 in all.

    Returns:
        One `Sweep` for each method.

    Raises:
        SettingError: When there is nothing to train, sizes do not fit, a method has no learning
            rate, or one is out of its range.

    >>> from lossviz.problem import function_problem
    >>> from lossviz.run import Method
    >>> bowl, start = function_problem("ravine"), torch.tensor([[10.0, 1.0]])
    >>> (found,) = sweep(bowl, [Method("sgd")], [0.001, 0.01, 0.1], 100, start)
    >>> found.best, float(found.final[2, 0])
    (0.01, inf)
    """
    tried = np.unique(np.asarray(list(rates), dtype=np.float64))
    if not len(tried):
        raise SettingError("There is no learning rate to try; give at least one.")
    plain = methods_of(methods)
    each = [at_rate(method, rate) for method in plain for rate in tried]
    replicas = Replicas(problem, each, starts, steps, seeds)
    replicas.look()
    for _ in range(steps):
        replicas.step()
        replicas.look()
    final = torch.where(replicas.ended < 0, replicas.losses.double(), torch.inf).numpy()
    final = final.reshape(len(plain), len(tried), replicas.count)
    return tuple(Sweep(method, tried, own) for method, own in zip(plain, final, strict=True))


def at_rate(method: Method, rate: float) -> Method:
    """The method with another learning rate.

    Raises:
        SettingError: When it has none, or the rate is out of its range.
    """
    if "lr" not in method.params:
        raise SettingError(f"The optimizer {method.optimizer!r} has no learning rate to be tried.")
    return replace(method, params={**method.params, "lr": float(rate)})
