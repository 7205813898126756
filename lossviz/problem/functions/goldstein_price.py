"""The function of Goldstein and Price: six orders of magnitude in one square."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def goldstein_price(x: Tensor, y: Tensor) -> Tensor:
    r"""The product of two polynomials, 3 at (0, -1).

    $$\left[1 + (x + y + 1)^2 (19 - 14x + 3x^2 - 14y + 6xy + 3y^2)\right]
      \left[30 + (2x - 3y)^2 (18 - 32x + 12x^2 + 48y - 36xy + 27y^2)\right]$$
    """
    first = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    second = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * first) * (30 + (2 * x - 3 * y) ** 2 * second)


def make_goldstein_price() -> Function:
    """The function; it has no options."""
    return goldstein_price


functions.add(
    FunctionEntry(
        name="goldstein_price",
        title="Goldstein and Price",
        about="From 3 to a million within one square: no learning rate suits all of it.",
        make=make_goldstein_price,
        code=as_it_is(goldstein_price),
        formula=(
            r"\left[ 1 + (x + y + 1)^2 (19 - 14x + 3x^2 - 14y + 6xy + 3y^2) \right] "
            r"\left[ 30 + (2x - 3y)^2 (18 - 32x + 12x^2 + 48y - 36xy + 27y^2) \right]"
        ),
        cite="Goldstein and Price, 1971",
        domain=lambda params: (-2.0, 2.0, -2.0, 2.0),
        minimisers=lambda params: ((0.0, -1.0),),
        minimum=lambda params: 3.0,
        start=lambda params: (-0.5, 0.25),
    )
)
