"""Plain problems on the plane, and a torch loop that writes down what a watched race does."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossviz import Problem
from lossviz.registry import optimizers
from lossviz.run import Status


def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


class Point(nn.Module):
    """A module whose output is its parameter."""

    def __init__(self, start: tuple[float, float]) -> None:
        super().__init__()
        self.point = nn.Parameter(torch.tensor(start, dtype=torch.float64))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.point


def on_the_plane(f: Callable[[Tensor, Tensor], Tensor], start: tuple[float, float]) -> Problem:
    """The problem of lowering f(x, y), made without the library's own way to do so."""
    nothing = torch.zeros(1, 1, dtype=torch.float64)
    return Problem.from_module(
        Point(start), lambda point, targets: f(point[0], point[1]), (nothing, nothing)
    )


def watch(
    problem: Problem,
    name: str,
    params: dict[str, Any],
    steps: int,
    *,
    rates: np.ndarray | None = None,
    prepare: Callable[[torch.optim.Optimizer, nn.Parameter], None] | None = None,
) -> Any:
    """The record of a watched run, from a loop that anybody would write."""
    point = nn.Parameter(problem.theta0.clone())
    optimizer = optimizers[name].make([point], **optimizers[name].defaults() | params)
    if prepare is not None:
        prepare(optimizer, point)
    rates = np.full(steps + 1, optimizer.param_groups[0]["lr"]) if rates is None else rates

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = problem.stacked_loss(point[None])[0]
        loss.backward()
        return loss

    weights, gradient, states, losses = [], [], [], []
    for step in range(steps + 1):
        losses.append(closure().detach())
        weights.append(point.detach().clone())
        gradient.append(point.grad.clone())
        states.append(
            {
                key: _double(value)
                for key, value in optimizer.state.get(point, {}).items()
                if isinstance(value, Tensor | float | int)
            }
        )
        optimizer.param_groups[0]["lr"] = float(rates[step])
        if step < steps:
            optimizer.step(closure)
    shapes = {key: value.shape for state in states for key, value in state.items()}
    memory = {
        key: torch.stack(
            [s.get(key, torch.full(shape, math.nan, dtype=torch.float64)) for s in states]
        )
        for key, shape in shapes.items()
    }
    return SimpleNamespace(
        # Not a Method, which would hold the parameters to their ranges.
        method=SimpleNamespace(optimizer=name, params=optimizers[name].defaults() | params),
        space=problem.space,
        problem=problem,
        weights=torch.stack(weights),
        gradient=torch.stack(gradient),
        recorded=np.arange(steps + 1),
        loss=torch.stack(losses),
        memory=memory,
        rates=torch.as_tensor(rates, dtype=torch.float64),
        momenta=None,
        status=Status("finished", steps),
    )  # fmt: skip


def _double(value: Tensor | float) -> Tensor:
    return value.detach().clone().double() if isinstance(value, Tensor) else torch.tensor(
        value, dtype=torch.float64
    )  # fmt: skip
