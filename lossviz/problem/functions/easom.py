"""Easom's function: a hole in a plain without slopes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def easom(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $-\cos x \cos y\, e^{-(x - \pi)^2 - (y - \pi)^2}$; -1 at $(\pi, \pi)$.

    A few units away from the hole the slope is so small that no method can see it.
    """
    away = (x - math.pi) ** 2 + (y - math.pi) ** 2
    return -torch.cos(x) * torch.cos(y) * torch.exp(-away)


def make_easom() -> Function:
    """The function; it has no options."""
    return easom


functions.add(
    FunctionEntry(
        name="easom",
        title="Easom",
        about="One narrow hole in a plain that is flat to many digits.",
        make=make_easom,
        code=as_it_is(easom),
        formula=r"-\cos x \cos y \; e^{-(x - \pi)^2 - (y - \pi)^2}",
        cite="Easom, 1990",
        domain=lambda params: (-1.0, 7.0, -1.0, 7.0),
        minimisers=lambda params: ((math.pi, math.pi),),
        minimum=lambda params: -1.0,
        start=lambda params: (1.6, 4.4),
    )
)
