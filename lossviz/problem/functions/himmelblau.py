"""Himmelblau's function: four equal minima."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions

#: Where both brackets are 0, to the last digit of a float64.
MINIMISERS = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.779310253377747, -3.2831859912861696),
    (3.5844283403304917, -1.8481265269644036),
)


def himmelblau(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $(x^2 + y - 11)^2 + (x + y^2 - 7)^2$; 0 at four points, (3, 2) among them."""
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def make_himmelblau() -> Function:
    """The function; it has no options."""
    return himmelblau


functions.add(
    FunctionEntry(
        name="himmelblau",
        title="Himmelblau",
        about="Four equally deep valleys: start and method decide which one is found.",
        make=make_himmelblau,
        code=as_it_is(himmelblau),
        formula=r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        cite="Himmelblau, 1972",
        domain=lambda params: (-5.0, 5.0, -5.0, 5.0),
        minimisers=lambda params: MINIMISERS,
        minimum=lambda params: 0.0,
        start=lambda params: (-0.5, -1.0),
    )
)
