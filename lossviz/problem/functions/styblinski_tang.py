"""The function of Styblinski and Tang: four valleys, one of them deepest."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions

#: The least root of $4x^3 - 32x + 5$.
LEAST = -2.903534027771177


def styblinski_tang(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $\frac12 (x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)$; -78.33 at the deepest point.

    Each coordinate stands alone, with two minima: the better one where $4x^3 - 32x + 5 = 0$.
    """
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2


def make_styblinski_tang() -> Function:
    """The function; it has no options."""
    return styblinski_tang


functions.add(
    FunctionEntry(
        name="styblinski_tang",
        title="Styblinski and Tang",
        about="Four valleys of different depth; the nearest one need not be the deepest.",
        make=make_styblinski_tang,
        code=as_it_is(styblinski_tang),
        formula=r"\tfrac12 \left( x^4 - 16 x^2 + 5x + y^4 - 16 y^2 + 5y \right)",
        cite="Styblinski and Tang, 1990",
        domain=lambda params: (-5.0, 5.0, -5.0, 5.0),
        minimisers=lambda params: ((LEAST, LEAST),),
        minimum=lambda params: -78.33233140754282,
        start=lambda params: (0.5, 4.0),
    )
)
