"""A canyon in a high plain: hardly any slope, then far too much."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.code import made_by
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, Param, functions


def make_plateau_and_cliff(steepness: float) -> Function:
    r"""The function $\sigma(k (x^2 - 1)) - \sigma(-k) + x^2 / 200 + y^2 / 20$; 0 at the origin.

    With the logistic function $\sigma$ the plain beyond |x| = 1 has the slope x / 100 alone, and
    the cliffs at |x| = 1 have about k / 2. A learning rate that crosses the plain is thrown far
    back by the cliff.

    Args:
        steepness: k.
    """

    def plateau_and_cliff(x: Tensor, y: Tensor) -> Tensor:
        foot = torch.sigmoid(torch.full_like(x, -steepness))
        cliff = torch.sigmoid(steepness * (x**2 - 1)) - foot
        return cliff + x**2 / 200 + y**2 / 20

    return plateau_and_cliff


functions.add(
    FunctionEntry(
        name="plateau_and_cliff",
        title="Plateau and cliff",
        about="A plain with hardly any slope ends at a cliff; below it is the minimum.",
        make=make_plateau_and_cliff,
        code=made_by(make_plateau_and_cliff),
        formula=r"\sigma \left( k (x^2 - 1) \right) - \sigma(-k) "
        r"+ \tfrac{1}{200} x^2 + \tfrac{1}{20} y^2",
        cite="after Pascanu et al., 2013",
        params=(
            Param(
                "steepness", 20.0, 2.0, 200.0, "log", help="Twice the slope in the cliff's middle."
            ),
        ),
        domain=lambda params: (-5.0, 5.0, -4.0, 4.0),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (4.0, 2.0),
    )
)
