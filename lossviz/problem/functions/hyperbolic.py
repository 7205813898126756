"""The plain saddle: down on two sides, up on the other two."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def hyperbolic(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $x^2 - y^2$, which has no minimum: who leaves the saddle falls for ever."""
    return x**2 - y**2


def make_hyperbolic() -> Function:
    """The function; it has no options."""
    return hyperbolic


functions.add(
    FunctionEntry(
        name="hyperbolic",
        title="Plain saddle",
        about="The simplest saddle; every step away from y = 0 makes the next one larger.",
        make=make_hyperbolic,
        code=as_it_is(hyperbolic),
        formula=r"x^2 - y^2",
        cite="Hilbert and Cohn-Vossen, 1932",
        domain=lambda params: (-2.0, 2.0, -2.0, 2.0),
        start=lambda params: (1.5, 0.001),
    )
)
