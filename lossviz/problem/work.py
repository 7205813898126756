"""How much work one forward pass is, for rules of thumb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lossviz.problem.problem import Problem

#: Samples that are sent through; one alone has no spread that could be normalised.
FEW = 2


@dataclass(frozen=True)
class Work:
    """Of a forward pass: calls into torch, and the entries of all that they give, for a sample."""

    calls: int
    entries: float


def work_of(problem: Problem) -> Work:
    """The work of one evaluation of a problem's loss, counted on two of its samples.

    >>> net = torch.nn.Linear(3, 4)
    >>> data = torch.ones(10, 3), torch.ones(10, 4)
    >>> work_of(Problem.from_module(net, torch.nn.functional.l1_loss, data))
    Work(calls=2, entries=4.5)
    """
    inputs, targets = problem.batch()
    few = inputs[:FEW], targets[:FEW]
    counter = _Counter()
    with torch.no_grad(), counter:
        problem.loss(problem.params0, few)
    return Work(counter.calls, counter.entries / max(1, len(few[0])))


class _Counter(TorchFunctionMode):
    """Counts the functions that give a tensor, and its entries."""

    calls = 0
    entries = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor):
            self.calls += 1
            self.entries += out.numel()
        return out
