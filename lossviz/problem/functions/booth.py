"""Booth's function: a mild bowl, turned by 45 degrees."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def booth(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $(x + 2y - 7)^2 + (2x + y - 5)^2$, of curvatures 2 and 18; 0 at (1, 3)."""
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def make_booth() -> Function:
    """The function; it has no options."""
    return booth


functions.add(
    FunctionEntry(
        name="booth",
        title="Booth",
        about="A bowl nine times steeper along one diagonal than along the other.",
        make=make_booth,
        code=as_it_is(booth),
        formula=r"(x + 2y - 7)^2 + (2x + y - 5)^2",
        cite="as in Jamil and Yang, 2013",
        domain=lambda params: (-10.0, 10.0, -10.0, 10.0),
        minimisers=lambda params: ((1.0, 3.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (-7.0, -2.0),
    )
)
