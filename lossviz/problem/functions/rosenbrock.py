"""Rosenbrock's curved valley: easy to find, hard to follow."""

from __future__ import annotations

from torch import Tensor

from lossviz.problem.code import made_by
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, Param, functions


def make_rosenbrock(a: float, b: float) -> Function:
    r"""The function $(a - x)^2 + b (y - x^2)^2$, with its minimum 0 at $(a, a^2)$.

    Args:
        a: Where along the parabola $y = x^2$ the minimum lies.
        b: How steep the walls of the valley are.
    """

    def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
        return (a - x) ** 2 + b * (y - x**2) ** 2

    return rosenbrock


functions.add(
    FunctionEntry(
        name="rosenbrock",
        title="Rosenbrock's banana",
        about="A curved valley with steep walls and an almost flat floor.",
        make=make_rosenbrock,
        code=made_by(make_rosenbrock),
        formula=r"(a - x)^2 + b \left( y - x^2 \right)^2",
        cite="Rosenbrock, 1960",
        params=(
            Param("a", 1.0, -1.5, 1.5, help="The minimum lies at (a, a²).", title="minimum at a"),
            Param(
                "b",
                100.0,
                1.0,
                1e4,
                "log",
                help="How steep the walls of the valley are.",
                title="steepness b",
            ),
        ),
        domain=lambda params: (-2.0, 2.0, -1.0, 3.0),
        minimisers=lambda params: ((float(params["a"]), float(params["a"]) ** 2),),
        minimum=lambda params: 0.0,
        start=lambda params: (-1.2, 1.0),
    )
)
