"""The plane whose axes are the parameters themselves: nothing is left out."""

from __future__ import annotations

import itertools

import torch

from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem
from lossviz.problem.space import ParamSpace


def exact_plane(prob: Problem) -> Plane:
    """The whole parameter space of a problem with two parameters.

    Origin 0, the unit vectors as axes, the parameters' names as titles. Every path lies in it, so
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
    first, second = entry_names(space)
    return Plane(
        torch.zeros(2, dtype=prob.theta0.dtype),
        torch.eye(2),
        space,
        kind="exact",
        titles=(first, second),
    )


def entry_names(space: ParamSpace) -> list[str]:
    """A name for every entry of a parameter vector.

    >>> entry_names(ParamSpace(("w", "b"), ((1, 2), ())))
    ['w[0, 0]', 'w[0, 1]', 'b']
    """
    names = []
    for name, shape in zip(space.names, space.shapes, strict=True):
        if all(side == 1 for side in shape):
            names.append(name)
            continue
        for index in itertools.product(*(range(n) for n in shape)):
            names.append(f"{name}[{', '.join(str(i) for i in index)}]")
    return names
