"""Beale's function: a flat plain with sharp peaks at its corners."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def beale(x: Tensor, y: Tensor) -> Tensor:
    r"""The value $(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2$; 0 at (3, 1/2)."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def make_beale() -> Function:
    """The function; it has no options."""
    return beale


functions.add(
    FunctionEntry(
        name="beale",
        title="Beale",
        about="Almost flat in the middle, with walls of a hundred thousand at the corners.",
        make=make_beale,
        code=as_it_is(beale),
        formula=r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
        cite="Beale, 1958",
        domain=lambda params: (-4.5, 4.5, -4.5, 4.5),
        minimisers=lambda params: ((3.0, 0.5),),
        minimum=lambda params: 0.0,
        start=lambda params: (1.0, 1.5),
    )
)
