"""Many replicas of each method, evaluated in one call a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError, optimizers
from lossviz.run.batches import Batches
from lossviz.run.gradient import bind
from lossviz.run.lane import bare_step, closure_of, parts_of
from lossviz.run.pushes import Pushes
from lossviz.run.rates import Rates
from lossviz.run.state import Method, Trained
from lossviz.run.status import EXPLODED


class Replicas:
    """K methods from S starts each, in one leaf (K S, P): `look` and `step` take turns.

    Where an optimizer is elementwise, its S replicas are one tensor (S P,) of one instance of it,
    and so cost about what one replica does; other optimizers have an instance for each replica.

    Args:
        problem: What to lower, on all of its samples.
        methods: K methods.
        starts: (S, P).
        steps: How many steps there will be, for the schedules.
        seeds: Of the noise of each replica (S,), the same for all methods; None for 0 in all.

    Raises:
        SettingError: When there is nothing to train, sizes do not fit, a start is not finite, or an
            optimizer or a schedule refuses.
    """

    def __init__(
        self,
        problem: Problem,
        methods: Sequence[Method],
        starts: Tensor,
        steps: int,
        seeds: Sequence[int] | None = None,
    ) -> None:
        starts = checked_starts(problem, starts)
        self.problem, self.methods = problem, methods
        self.count, self.size = starts.shape
        seeds = [0] * self.count if seeds is None else [int(seed) for seed in seeds]
        if not methods or len(seeds) != self.count or steps < 0:
            raise SettingError(
                f"There are {len(methods)} methods, {self.count} starts, {len(seeds)} seeds and "
                f"{steps} steps; give a method, a seed for each start, and no fewer than 0 steps."
            )
        self.at = 0
        self.batch = problem.batch()
        self.theta = starts.repeat(len(methods), 1)
        self.grad = torch.zeros_like(self.theta)
        self.bound = bind(problem, self.theta, self.grad, lambda: self.at)
        distinct = list(dict.fromkeys(seeds)) if problem.noise is not None else []
        self.pushes = [Pushes(problem, Batches.begin(seed).noise, 0) for seed in distinct]
        self.push_of = torch.tensor([distinct.index(seed) for seed in seeds] if distinct else [])
        #: The step at which each diverged (K S,), -1 for one that has not.
        self.ended = torch.full((len(self.theta),), -1)
        self.rates: list[Rates] = []
        self.steppers: list[Callable[[], Any]] = []
        for k, method in enumerate(methods):
            rows = range(k * self.count, (k + 1) * self.count)
            if optimizers[method.optimizer].elementwise:
                self._add(method, slice(rows.start, rows.stop), steps)
            else:
                for row in rows:
                    self._add(method, row, steps)

    def _add(self, method: Method, rows: slice | int, steps: int) -> None:
        """An optimizer of one row, or of several as one tensor."""
        entry, space = optimizers[method.optimizer], self.problem.space
        theta, grad = self.theta[rows], self.grad[rows]
        if isinstance(rows, slice):
            parts, slopes = [theta.view(-1)], [grad.view(-1)]
        else:
            parts, slopes = parts_of(theta, method, space), parts_of(grad, method, space)
        # A copy first: an optimizer may read the values of what it is given.
        tensors = [Parameter(part.clone()) for part in parts]
        optimizer = entry.make(tensors, **method.params)
        for tensor, part, slope in zip(tensors, parts, slopes, strict=True):
            tensor.data, tensor.grad = part, slope
        rates = Rates.of(optimizer, method.schedule, method.schedule_params, steps)
        if not rates.constant:
            self.rates.append(rates)
        if isinstance(rows, slice):
            self.steppers.append(bare_step(optimizer))
            return
        step = self._with_closure(optimizer, rows) if entry.closure else bare_step(optimizer)
        self.steppers.append(lambda: step() if self.ended[rows] < 0 else None)

    def _with_closure(self, optimizer: Any, row: int) -> Callable[[], Any]:
        """The step of an optimizer that evaluates the loss of its own row again."""
        own = slice(row, row + 1)
        bound = bind(self.problem, self.theta[own], self.grad[own], lambda: self.at)

        def evaluate(batch: Any) -> Tensor:
            losses = bound(batch)
            if self.pushes:
                self.grad[row] += self._push()[row % self.count]
            return losses

        return lambda: optimizer.step(closure_of(evaluate, self.batch, self.losses[own]))

    def _push(self) -> Tensor:
        """The noise of each replica (S, P) in this step."""
        drawn = [push.current for push in self.pushes if push.current is not None]
        return torch.stack(drawn)[self.push_of]

    def look(self) -> Tensor:
        """The losses (K S,) here; fills the gradients, and notes what has diverged.

        The rule is that of a single run: see `lossviz.run.status.Status`.
        """
        self.losses = self.bound(self.batch)
        if self.pushes:
            self.grad.view(len(self.methods), self.count, self.size).add_(self._push())
        losses = self.losses.double()
        if self.at == 0:
            self.limit = EXPLODED * losses.abs().clamp_min(1.0)
        good = (losses.abs() <= self.limit) & self.theta.isfinite().all(-1)
        self.ended[~good & (self.ended < 0)] = self.at
        return self.losses

    def step(self) -> None:
        """Let every optimizer step."""
        for rates in self.rates:
            rates.apply(self.at)
        with torch.no_grad():
            for step in self.steppers:
                step()
        if self.problem.box is not None:
            self.theta.clamp_(*self.problem.box)
        self.at += 1
        for push in self.pushes:
            push.advance()


def checked_starts(problem: Problem, starts: Tensor) -> Tensor:
    """Starts (S, P) in the problem's precision; SettingError when they do not fit."""
    theta0 = problem.theta0.detach()
    starts = torch.as_tensor(starts).detach().to(theta0.dtype)
    if starts.dim() != 2 or not len(starts) or starts.shape[1] != len(theta0):
        raise SettingError(
            f"The starts have the shape {tuple(starts.shape)}, but must be rows of {len(theta0)} "
            "weights."
        )
    if not torch.isfinite(starts).all():
        raise SettingError("The starts have weights that are not finite numbers.")
    return starts


def methods_of(contenders: Sequence[Trained]) -> tuple[Method, ...]:
    """The methods of anything that names them."""
    return tuple(Method.of(contender) for contender in contenders)
