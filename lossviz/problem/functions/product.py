"""The smallest deep network: two weights in a row, and one sample."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def product(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $(xy - 1)^2 / 2$, the loss of the linear network $xy$ on the sample 1 -> 1.

    It is 0 all along the hyperbola $xy = 1$. There the greater curvature is $x^2 + y^2$: 2 at
    (1, 1), the flattest minimum, and without bound far out.
    """
    return (x * y - 1) ** 2 / 2


def make_product() -> Function:
    """The function; it has no options."""
    return product


functions.add(
    FunctionEntry(
        name="product",
        title="Two weights in a row",
        about="The smallest deep network; its minima form a curve, sharper the farther out.",
        make=make_product,
        code=as_it_is(product),
        formula=r"\tfrac12 (x y - 1)^2",
        cite="Lewkowycz et al., 2020",
        domain=lambda params: (-1.5, 6.0, -3.0, 3.0),
        minimisers=lambda params: ((1.0, 1.0), (2.0, 0.5), (0.5, 2.0), (-1.0, -1.0)),
        minimum=lambda params: 0.0,
        start=lambda params: (5.0, 0.0),
    )
)
