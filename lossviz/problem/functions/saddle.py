"""A saddle between two minima."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def saddle(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $x^2/2 + y^4/4 - y^2/2$: a saddle at the origin, minima -1/4 at (0, -1), (0, 1).

    On the line y = 0 the slope points straight at the saddle: what starts there stays there.
    """
    return x**2 / 2 + y**4 / 4 - y**2 / 2


def make_saddle() -> Function:
    """The function; it has no options."""
    return saddle


functions.add(
    FunctionEntry(
        name="saddle",
        title="Saddle between two valleys",
        about="A ridge ends in a saddle; who starts near it must first notice the way down.",
        make=make_saddle,
        code=as_it_is(saddle),
        formula=r"\tfrac12 x^2 + \tfrac14 y^4 - \tfrac12 y^2",
        cite="Dauphin et al., 2014",
        domain=lambda params: (-1.5, 1.5, -1.5, 1.5),
        minimisers=lambda params: ((0.0, 1.0), (0.0, -1.0)),
        minimum=lambda params: -0.25,
        start=lambda params: (1.0, 1e-6),
    )
)
