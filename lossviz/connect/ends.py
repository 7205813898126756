"""The two networks that are connected, and the places between them."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.problem.vector import Point, vector_of
from lossviz.registry import SettingError


def end_of(prob: Problem, point: Point, name: str) -> Tensor:
    """One end as a vector (P,) in the problem's precision and on its device.

    Raises:
        SettingError: When it does not fit the model, or is not finite.
    """
    return vector_of(prob, point, f"The end {name}")


def places(points: int, margin: float = 0.0) -> Tensor:
    """Evenly spaced t in float64: so many from 0 to 1, both exact, and more on both sides.

    Args:
        points: From 0 to 1, at least 2.
        margin: How far to go beyond each end, in lengths of the line; rounded down to whole steps.

    Raises:
        SettingError: For fewer points, or a margin that is negative or not finite.

    >>> places(3, 0.5).tolist()
    [-0.5, 0.0, 0.5, 1.0, 1.5]
    """
    if points < 2:
        raise SettingError(f"points is {points}, but a line needs 2 or more.")
    if not 0 <= margin < float("inf"):
        raise SettingError(f"The margin is {margin}, but must be a number, 0 or more.")
    # So that a margin of 0.3 is three steps of 0.1, whatever its last digit.
    beyond = int(margin * (points - 1) + 1e-9)
    return torch.arange(-beyond, points + beyond, dtype=torch.float64) / (points - 1)
