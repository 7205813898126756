"""A plane in two random directions, on the scale of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem

Normalize = Literal["filter", "layer", "none"]
OneDimensional = Literal["zero", "scale"]

UNITS = {
    "filter": "1 = the norm of each filter",
    "layer": "1 = the norm of each layer",
    "none": "1 = a standard normal vector",
}


def random_plane(
    prob: Problem,
    params: Mapping[str, Tensor],
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
        params: The centre, by name.
        seed: For the two directions; the global random state is neither used nor changed.
        normalize: "filter", "layer" or "none".
        one_dimensional: "zero" or "scale".
        orthogonal: Whether the second axis is made orthogonal to the first.

    Raises:
        ValueError: For another ``normalize`` or ``one_dimensional``, when nothing is left to move
            along, or when the two directions are parallel.
    """
    _known("normalize", normalize, tuple(UNITS))
    _known("one_dimensional", one_dimensional, ("zero", "scale"))
    space = prob.space
    origin = space.flatten(params).detach()
    centre = space.unflatten(origin.to("cpu", torch.float64))
    generator = torch.Generator().manual_seed(seed)
    first, second = (
        space.flatten(_direction(centre, generator, normalize, one_dimensional)) for _ in range(2)
    )
    if not first.any() or not second.any():
        raise ValueError(
            "There is nothing to move along: every tensor is zero or has one dimension. "
            'Take one_dimensional="scale", or normalize="none" where the weights are zero.'
        )
    if orthogonal:
        second = _orthogonal(second, first)
    return Plane(
        origin,
        torch.stack([first, second]),
        space,
        kind="random",
        titles=(
            f"random direction 1 ({UNITS[normalize]})",
            f"random direction 2 ({UNITS[normalize]})",
        ),
        info={
            "seed": seed,
            "normalize": normalize,
            "one_dimensional": one_dimensional,
            "scales": (float(first.norm()), float(second.norm())),
            "cosine": float(first @ second / (first.norm() * second.norm())),
        },
    )


def _known(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{what} is {value!r}, but must be one of {', '.join(known)}.")


def _direction(
    centre: Mapping[str, Tensor],
    generator: torch.Generator,
    normalize: Normalize,
    one_dimensional: OneDimensional,
) -> dict[str, Tensor]:
    """One Gaussian direction through a point, scaled, by name."""
    parts = {}
    for name, weight in centre.items():
        drawn = torch.randn(weight.shape, dtype=torch.float64, generator=generator)
        if weight.dim() < 2 and one_dimensional == "zero":
            drawn = torch.zeros_like(drawn)
        parts[name] = _scaled(drawn, weight, normalize)
    return parts


def _orthogonal(axis: Tensor, other: Tensor) -> Tensor:
    """The part of an axis (P,) that is orthogonal to another one, with the axis's length."""
    length = axis.norm()
    axis = axis - (axis @ other) / (other @ other) * other
    return axis * (length / axis.norm())


def _scaled(drawn: Tensor, weight: Tensor, normalize: Normalize) -> Tensor:
    """The drawn direction with the norms of the weight; 0 / 0 is 0."""
    if normalize == "none":
        return drawn
    units = weight.shape[0] if normalize == "filter" and weight.dim() >= 2 else 1
    have = drawn.reshape(units, -1).norm(dim=1, keepdim=True)
    want = weight.reshape(units, -1).norm(dim=1, keepdim=True)
    ratio = torch.where(have > 0, want / have, 0.0)
    return (drawn.reshape(units, -1) * ratio).reshape(weight.shape)
