"""Matyas's function: a long shallow trough along the diagonal."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def matyas(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $0.26 (x^2 + y^2) - 0.48 xy$: curvatures 0.04 and 1; 0 at the origin."""
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def make_matyas() -> Function:
    """The function; it has no options."""
    return matyas


functions.add(
    FunctionEntry(
        name="matyas",
        title="Matyas",
        about="A shallow trough along the diagonal: easy to enter, slow to walk along.",
        make=make_matyas,
        code=as_it_is(matyas),
        formula=r"0.26 \left( x^2 + y^2 \right) - 0.48\, x y",
        cite="Matyas, 1965",
        domain=lambda params: (-10.0, 10.0, -10.0, 10.0),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (-8.0, -5.0),
    )
)
