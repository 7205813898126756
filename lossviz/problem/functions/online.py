"""The game that Adam loses: small gradients one way, and now and then a large one the other way."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, Point, functions

#: The mean slope in x, (1010 - 100 * 10) / 101.
MEAN = 10 / 101


def online(x: Tensor, y: Tensor) -> Tensor:
    """The mean value 10 x / 101 + y^2 / 2, over the allowed points lowest at (-1, 0)."""
    return MEAN * x + y**2 / 2


def slope(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The slopes (10 / 101, y): what autograd finds, without it.

    >>> [side.tolist() for side in slope(torch.tensor([0.5]), torch.tensor([2.0]))]
    [[0.09900990128517151], [2.0]]
    """
    return torch.full_like(x, MEAN), y


def make_online() -> Function:
    """The function; it has no options."""
    return online


def deviation(step: int) -> Point:
    """What a step's gradient has beside the mean: in x it is 1010 once in 101 steps, else -10.

    >>> [round(deviation(step)[0] + MEAN) for step in (0, 1, 100, 101)]
    [1010, -10, -10, 1010]
    """
    return (1010.0 if step % 101 == 0 else -10.0) - MEAN, 0.0


functions.add(
    FunctionEntry(
        name="online",
        title="Where Adam fails",
        about="A slope that mostly points the wrong way; the rare large gradients are right.",
        make=make_online,
        code=as_it_is(online),
        formula=r"\tfrac{10}{101} x + \tfrac12 y^2, \quad \partial_x f_t = "
        r"\begin{cases} 1010 & t \bmod 101 = 1 \\ -10 & \text{else} \end{cases}, "
        r"\quad -1 \le x \le 1",
        cite="Reddi, Kale and Kumar, 2018",
        domain=lambda params: (-1.5, 1.5, -1.5, 1.5),
        minimisers=lambda params: ((-1.0, 0.0),),
        minimum=lambda params: -MEAN,
        start=lambda params: (0.0, 0.5),
        box=lambda params: (-1.0, 1.0, -10.0, 10.0),
        deviation=lambda params: deviation,
        slope=lambda params: slope,
    )
)
