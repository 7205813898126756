"""The plane through three given points."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.problem.space import ParamSpace
from lossviz.problem.vector import Point


def through_plane(a: Point, b: Point, c: Point, space: ParamSpace | None = None) -> Plane:
    """The plane through three parameter settings, say the ends of three runs.

    The origin is a; the first axis points to b, the second is orthogonal to it towards c; both have
    length 1, so a unit is euclidean distance. ``info["points"]`` are the coordinates of a, b and c,
    which lie in the plane exactly.

    Args:
        a: Named tensors, or a vector (P,).
        b: Another one.
        c: A third one, not on the line through the other two.
        space: Names and shapes for vectors; taken from the named tensors when there are some.

    Raises:
        ValueError: When the three points lie on a line or have different parameters.

    >>> a, b, c = torch.tensor([[0.0, 0, 0], [3, 0, 0], [1, 2, 0]])
    >>> through_plane(a, b, c).info["points"]
    ((0.0, 0.0), (3.0, 0.0), (1.0, 2.0))
    """
    if space is None:
        named = next((p for p in (a, b, c) if not isinstance(p, Tensor)), None)
        space = ParamSpace.of(named) if named is not None else _plain(a)
    start, to_b, to_c = (_vector(p, space).detach() for p in (a, b, c))
    origin = start.to("cpu", torch.float64)
    first = to_b.to("cpu", torch.float64) - origin
    second = to_c.to("cpu", torch.float64) - origin
    length, apart = first.norm(), second.norm()
    if float(length) > 0:
        first = first / length
        along = first @ second
        second = second - along * first
        second = second - (first @ second) * first
    height = second.norm()
    if float(length) == 0 or float(height) <= 1e-7 * float(apart) or float(apart) == 0:
        raise ValueError(
            "The three points lie on a line (or two are equal), so there is no one plane through "
            "them; give three points that do not."
        )
    return Plane(
        start,
        torch.stack([first, second / height]),
        space,
        kind="through",
        titles=("distance from a towards b", "distance towards c"),
        info={"points": ((0.0, 0.0), (float(length), 0.0), (float(along), float(height)))},
    )


def _plain(point: Point) -> ParamSpace:
    return ParamSpace(("theta",), (tuple(torch.as_tensor(point).shape),))


def _vector(point: Point, space: ParamSpace) -> Tensor:
    if not isinstance(point, Tensor):
        return space.flatten(point)
    if tuple(point.shape) != (space.size,):
        raise ValueError(f"A point has the shape {tuple(point.shape)}, not ({space.size},).")
    return point
