"""A point of weight space, given as named tensors or as one vector, checked and cast."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError

Point = Mapping[str, Tensor] | Tensor


def vector_of(problem: Problem, point: Point, what: str = "The point") -> Tensor:
    """A point as one finite vector (P,) in the problem's precision and on its device.

    Args:
        problem: Whose weights they are.
        point: As named tensors or one vector.
        what: How a sentence about it begins.

    Raises:
        SettingError: When it does not fit the model, or is not finite.
    """
    like = problem.theta0.detach()
    if isinstance(point, Mapping):
        try:
            point = problem.space.flatten(point)
        except ValueError as error:
            raise SettingError(f"{what} does not fit the model. {error}") from None
    if point.shape != like.shape:
        raise SettingError(
            f"{what} has the shape {tuple(point.shape)}, but the model has {len(like)} weights."
        )
    vector = point.detach().to(like)
    if not bool(vector.isfinite().all()):
        raise SettingError(f"{what} has weights that are not finite numbers.")
    return vector
