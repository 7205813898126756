"""Ackley's function: a ripply plain with a deep funnel in it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def ackley(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $20 + e - 20\, e^{-0.2 r} - e^{(\cos 2\pi x + \cos 2\pi y) / 2}$; 0 at the origin.

    Here $r = \sqrt{(x^2 + y^2) / 2}$. The function has the tip of a cone at the origin; the
    slope there is taken to be 0, where the formula alone would divide 0 by 0.
    """
    square = (x**2 + y**2) / 2
    at_tip = square == 0
    # torch.where differentiates both branches, so the root is never taken of 0.
    distance = torch.where(at_tip, 0.0, torch.where(at_tip, 1.0, square).sqrt())
    ripples = (torch.cos(2 * math.pi * x) + torch.cos(2 * math.pi * y)) / 2
    return 20 + math.e - 20 * torch.exp(-0.2 * distance) - torch.exp(ripples)


def make_ackley() -> Function:
    """The function; it has no options."""
    return ackley


functions.add(
    FunctionEntry(
        name="ackley",
        title="Ackley",
        about="A plain of ripples around one deep funnel.",
        make=make_ackley,
        code=as_it_is(ackley),
        formula=(
            r"20 + e - 20 \exp \left( -\tfrac15 \sqrt{\tfrac12 (x^2 + y^2)} \right) "
            r"- \exp \tfrac12 \left( \cos 2\pi x + \cos 2\pi y \right)"
        ),
        cite="Ackley, 1987",
        domain=lambda params: (-5.0, 5.0, -5.0, 5.0),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (2.6, -1.7),
    )
)
