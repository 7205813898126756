"""McCormick's function: a wavy slope."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def mccormick(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $\sin(x + y) + (x - y)^2 - 1.5x + 2.5y + 1$.

    It is lowest, $-\sqrt3/2 - \pi/3$, at $(1/2 - \pi/3, -1/2 - \pi/3)$ within its usual window.
    Outside of that it goes down for ever, by $\pi$ from valley to valley along the diagonal.
    """
    return torch.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


def make_mccormick() -> Function:
    """The function; it has no options."""
    return mccormick


functions.add(
    FunctionEntry(
        name="mccormick",
        title="McCormick",
        about="Valleys down a slope; beyond the window each next one is deeper.",
        make=make_mccormick,
        code=as_it_is(mccormick),
        formula=r"\sin(x + y) + (x - y)^2 - 1.5 x + 2.5 y + 1",
        cite="McCormick, 1976",
        domain=lambda params: (-1.5, 4.0, -3.0, 4.0),
        minimisers=lambda params: ((0.5 - math.pi / 3, -0.5 - math.pi / 3),),
        minimum=lambda params: -math.sqrt(3) / 2 - math.pi / 3,
        start=lambda params: (3.5, -1.0),
    )
)
