"""A plane in two random directions, on the scale of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lossviz.plane.directions import (
    UNITS,
    Normalize,
    OneDimensional,
    check_normalisation,
    in_double,
    random_direction,
)
from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem


def random_plane(
    prob: Problem,
    params: Mapping[str, Tensor] | Tensor,
    seed: int = 0,
    normalize: Normalize = "filter",
    one_dimensional: OneDimensional = "zero",
    orthogonal: bool = False,
) -> Plane:
    """Two Gaussian directions through a point, scaled as Li et al. (2018) do.

    With "filter" each output unit's part of a weight (a row of a linear layer, a filter of a
    convolution: everything with the same first index) is given the norm that it has in ``params``::

        d_ij <- d_ij / |d_ij| * |w_ij|

    so that a step of 1 changes every filter by its own size, and pictures of networks that differ
    only by a rescaling of their units can be compared. With "layer" whole tensors are scaled; with
    "none" nothing is. A filter whose norm is zero has no scale and stays where it is.

    Tensors with one dimension or none (biases, the parameters of normalisation layers) stay where
    they are with ``one_dimensional="zero"``, as in the paper. With "scale" they take part, each
    tensor scaled to its norm as a whole; entry by entry every direction would be plus or minus the
    bias itself. Small networks, whose biases matter, want "scale".

    Two random directions in many dimensions are almost orthogonal, and they are left as drawn,
    unless ``orthogonal`` is set: then the second is made orthogonal to the first and keeps its
    length, at the price of the exact norm of each filter.

    How to read it: each direction mixes all weights, and a random slice shows typical curvature,
    not what the optimizer went through; its path is nearly a point here (see the residual).

    Args:
        prob: The problem; its space orders the parameters.
        params: The centre, as named tensors or one vector (P,).
        seed: For the two directions; the global random state is neither used nor changed.
        normalize: "filter", "layer" or "none".
        one_dimensional: "zero" or "scale".
        orthogonal: Whether the second axis is made orthogonal to the first.

    Raises:
        ValueError: For another ``normalize`` or ``one_dimensional``, when nothing is left to move
            along, or when the two directions are parallel.
    """
    check_normalisation(normalize, one_dimensional)
    space = prob.space
    centre = in_double(space, params)
    generator = torch.Generator().manual_seed(seed)
    first, second = (
        space.flatten(random_direction(centre, generator, normalize, one_dimensional))
        for _ in range(2)
    )
    if not first.any() or not second.any():
        raise ValueError(
            "There is nothing to move along: every tensor is zero or has one dimension. "
            'Take one_dimensional="scale", or normalize="none" where the weights are zero.'
        )
    if orthogonal:
        second = _orthogonal(second, first)
    return Plane(
        space.flatten(params).detach() if isinstance(params, Mapping) else params.detach(),
        torch.stack([first, second]),
        space,
        kind="random",
        titles=(
            f"random direction 1 ({UNITS[normalize]})",
            f"random direction 2 ({UNITS[normalize]})",
        ),
        info=_info(first, second, seed, normalize, one_dimensional),
    )


def _info(
    first: Tensor, second: Tensor, seed: int, normalize: str, one_dimensional: str
) -> dict[str, Any]:
    """What there is to know about the two axes (P,)."""
    return {
        "seed": seed,
        "normalize": normalize,
        "one_dimensional": one_dimensional,
        "scales": (float(first.norm()), float(second.norm())),
        "cosine": float(first @ second / (first.norm() * second.norm())),
    }


def _orthogonal(axis: Tensor, other: Tensor) -> Tensor:
    """The part of an axis (P,) that is orthogonal to another one, with the axis's length."""
    length = axis.norm()
    axis = axis - (axis @ other) / (other @ other) * other
    return axis * (length / axis.norm())
