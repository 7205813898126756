"""The three-hump camel: one deepest valley between two others."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def three_hump_camel(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $2x^2 - 1.05x^4 + x^6/6 + xy + y^2$; 0 at the origin."""
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


def make_three_hump_camel() -> Function:
    """The function; it has no options."""
    return three_hump_camel


functions.add(
    FunctionEntry(
        name="three_hump_camel",
        title="Three-hump camel",
        about="Three valleys in a row; the deepest is in the middle.",
        make=make_three_hump_camel,
        code=as_it_is(three_hump_camel),
        formula=r"2 x^2 - 1.05 x^4 + \tfrac16 x^6 + x y + y^2",
        cite="as in Jamil and Yang, 2013",
        domain=lambda params: (-2.5, 2.5, -2.5, 2.5),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=lambda params: (-2.2, 2.0),
    )
)
