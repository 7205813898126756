"""The monkey saddle: three ways down, and no curvature at all in its middle."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def monkey_saddle(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $x^3 - 3xy^2$, which has no minimum.

    Slope and Hessian are both 0 at the origin, so that second derivatives do not tell the way.
    """
    return x**3 - 3 * x * y**2


def make_monkey_saddle() -> Function:
    """The function; it has no options."""
    return monkey_saddle


functions.add(
    FunctionEntry(
        name="monkey_saddle",
        title="Monkey saddle",
        about="Three ways down and three up; in the middle even the curvature is 0.",
        make=make_monkey_saddle,
        code=as_it_is(monkey_saddle),
        formula=r"x^3 - 3 x y^2",
        cite="Hilbert and Cohn-Vossen, 1932",
        domain=lambda params: (-1.5, 1.5, -1.5, 1.5),
        start=lambda params: (1.0, 0.02),
    )
)
