"""Rastrigin's function: a bowl full of pits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def rastrigin(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $20 + x^2 + y^2 - 10 (\cos 2\pi x + \cos 2\pi y)$; 0 at the origin.

    Near each point of whole coordinates lies another minimum.
    """
    return 20 + x**2 + y**2 - 10 * (torch.cos(2 * math.pi * x) + torch.cos(2 * math.pi * y))


def make_rastrigin() -> Function:
    """The function; it has no options."""
    return rastrigin


functions.add(
    FunctionEntry(
        name="rastrigin",
        title="Rastrigin",
        about="A wide bowl with a pit at every whole number; slopes are of little use here.",
        make=make_rastrigin,
        code=as_it_is(rastrigin),
        formula=r"20 + x^2 + y^2 - 10 \left( \cos 2\pi x + \cos 2\pi y \right)",
        cite="Rastrigin, 1974",
        domain=lambda params: (-5.12, 5.12, -5.12, 5.12),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (-3.3, 3.7),
    )
)
