"""The plane whose axes are the parameters themselves: nothing is left out."""

from __future__ import annotations

import torch

from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem


def exact_plane(prob: Problem) -> Plane:
    """The whole parameter space of a problem with two parameters.

    Origin 0, the unit vectors as axes, the entries' names as titles. Every path lies in it, so
    the loss drawn is the loss that the optimizer saw.

    Raises:
        ValueError: When there are not exactly two parameters.
    """
    space = prob.space
    if space.size != 2:
        raise ValueError(
            f"The exact plane is for two parameters, and this model has {space.size}; "
            "take pca_plane or random_plane."
        )
    first, second = prob.entry_names
    return Plane(
        torch.zeros(2, dtype=prob.theta0.dtype),
        torch.eye(2),
        space,
        kind="exact",
        titles=(first, second),
    )
