"""The six-hump camel: six minima, two of them deepest."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions

#: One of the two points of slope 0 where the function is lowest; the other lies opposite.
LOWEST = (0.08984201310031806, -0.7126564030207396)


def six_hump_camel(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $(4 - 2.1x^2 + x^4/3) x^2 + xy + 4(y^2 - 1) y^2$; -1.0316 at two points."""
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + 4 * (y**2 - 1) * y**2


def make_six_hump_camel() -> Function:
    """The function; it has no options."""
    return six_hump_camel


functions.add(
    FunctionEntry(
        name="six_hump_camel",
        title="Six-hump camel",
        about="Six valleys, two of them equally deepest, on both sides of a saddle.",
        make=make_six_hump_camel,
        code=as_it_is(six_hump_camel),
        formula=r"\left( 4 - 2.1 x^2 + \tfrac13 x^4 \right) x^2 + x y + 4 (y^2 - 1) y^2",
        cite="Dixon and Szego, 1978",
        domain=lambda params: (-2.0, 2.0, -1.0, 1.0),
        minimisers=lambda params: (LOWEST, (-LOWEST[0], -LOWEST[1])),
        minimum=lambda params: -1.0316284534898774,
        start=lambda params: (-1.7, 0.1),
    )
)
