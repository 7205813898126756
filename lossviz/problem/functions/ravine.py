"""The ill-conditioned bowl: the plainest function on which plain gradient descent is slow."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from lossviz.problem.code import made_by
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, Param, Point, Value, functions


def make_ravine(condition: float, rotation: float) -> Function:
    r"""The function $f = (u^2 + \kappa v^2) / 2$ in rotated coordinates (u, v).

    Its minimum is 0 at the origin. The eigenvalues of its Hessian are 1 and $\kappa$ everywhere,
    whatever the rotation: gradient descent cannot tell one rotation from another, methods that
    scale each coordinate by itself can.

    Args:
        condition: $\kappa$, the greatest curvature over the least.
        rotation: Of the long axis, in degrees from the x axis to the y axis.
    """
    cos, sin = _turn(rotation)

    def ravine(x: Tensor, y: Tensor) -> Tensor:
        along, across = cos * x + sin * y, cos * y - sin * x
        return (along**2 + condition * across**2) / 2

    return ravine


def start(params: Mapping[str, Value]) -> Point:
    """The point (10, 1) of the rotated coordinates: far along the ravine, and a little up a wall.

    >>> start({"rotation": 0.0})
    (10.0, 1.0)
    """
    cos, sin = _turn(float(params["rotation"]))
    return 10 * cos - sin, 10 * sin + cos


def _turn(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


functions.add(
    FunctionEntry(
        name="ravine",
        title="Ravine",
        about="A quadratic bowl, steep across and shallow along; turn it to unsettle Adam.",
        make=make_ravine,
        code=made_by(make_ravine),
        formula=r"\tfrac12 \left( u^2 + \kappa v^2 \right), \quad "
        r"\begin{pmatrix} u \\ v \end{pmatrix} = \begin{pmatrix} \cos\varphi & \sin\varphi \\ "
        r"-\sin\varphi & \cos\varphi \end{pmatrix} \begin{pmatrix} x \\ y \end{pmatrix}",
        cite="Polyak, 1964",
        params=(
            Param(
                "condition",
                100.0,
                1.0,
                1e6,
                "log",
                help="How many times steeper the walls curve than the floor.",
            ),
            Param(
                "rotation",
                0.0,
                0.0,
                90.0,
                help="The angle between the ravine and the x axis, in degrees.",
            ),
        ),
        domain=lambda params: (-12.0, 12.0, -12.0, 12.0),
        minimisers=lambda params: ((0.0, 0.0),),
        minimum=lambda params: 0.0,
        start=start,
    )
)
