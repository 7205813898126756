"""Levy's function number 13: valleys across valleys."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def levy13(x: Tensor, y: Tensor) -> Tensor:
    r"""The value, 0 at (1, 1).

    $$\sin^2 3\pi x + (x - 1)^2 (1 + \sin^2 3\pi y) + (y - 1)^2 (1 + \sin^2 2\pi y)$$
    """
    waves = torch.sin(3 * math.pi * x) ** 2
    across = (x - 1) ** 2 * (1 + torch.sin(3 * math.pi * y) ** 2)
    along = (y - 1) ** 2 * (1 + torch.sin(2 * math.pi * y) ** 2)
    return waves + across + along


def make_levy13() -> Function:
    """The function; it has no options."""
    return levy13


functions.add(
    FunctionEntry(
        name="levy13",
        title="Levy 13",
        about="A bowl with ripples of two wavelengths in its walls.",
        make=make_levy13,
        code=as_it_is(levy13),
        formula=(
            r"\sin^2 3\pi x + (x - 1)^2 (1 + \sin^2 3\pi y) "
            r"+ (y - 1)^2 (1 + \sin^2 2\pi y)"
        ),
        cite="Levy and Montalvo, 1985",
        domain=lambda params: (-5.0, 5.0, -5.0, 5.0),
        minimisers=lambda params: ((1.0, 1.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (-3.8, 4.1),
    )
)
