"""Directions through a network's weights, on the scale of these weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from torch import Tensor

from lossviz.problem.space import Params, ParamSpace

Normalize = Literal["filter", "layer", "none"]
OneDimensional = Literal["zero", "scale"]

UNITS = {
    "filter": "1 = the norm of each filter",
    "layer": "1 = the norm of each layer",
    "none": "1 = a standard normal vector",
}


def check_normalisation(normalize: str, one_dimensional: str) -> None:
    """Raise ValueError for an unknown choice, naming the known ones."""
    for what, value, known in (
        ("normalize", normalize, tuple(UNITS)),
        ("one_dimensional", one_dimensional, get_args(OneDimensional)),
    ):
        if value not in known:
            raise ValueError(f"{what} is {value!r}, but must be one of {', '.join(known)}.")


def drawn_direction(centre: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """Independent standard normal numbers in the shapes of a point, in float64 on the CPU."""
    return {
        name: torch.randn(weight.shape, dtype=torch.float64, generator=generator)
        for name, weight in centre.items()
    }


def normalised_direction(
    direction: Mapping[str, Tensor],
    centre: Mapping[str, Tensor],
    normalize: Normalize,
    one_dimensional: OneDimensional,
) -> dict[str, Tensor]:
    """A direction with the norms that the weights have, filter by filter or layer by layer.

    Args:
        direction: By name.
        centre: The weights, by name.
        normalize: "filter", "layer" or "none"; see `lossviz.random_plane`.
        one_dimensional: Whether tensors with one dimension or none stay ("zero") or are scaled as a
            whole ("scale").
    """
    parts = {}
    for name, weight in centre.items():
        part = direction[name]
        if weight.dim() < 2 and one_dimensional == "zero":
            part = torch.zeros_like(part)
        parts[name] = _scaled(part, weight, normalize)
    return parts


def random_direction(
    centre: Mapping[str, Tensor],
    generator: torch.Generator,
    normalize: Normalize,
    one_dimensional: OneDimensional,
) -> dict[str, Tensor]:
    """One Gaussian direction through a point, scaled, by name."""
    drawn = drawn_direction(centre, generator)
    return normalised_direction(drawn, centre, normalize, one_dimensional)


def in_double(space: ParamSpace, point: Mapping[str, Tensor] | Tensor) -> Params:
    """A point as named tensors in float64 on the CPU.

    Raises:
        ValueError: When names or shapes do not fit.
    """
    vector = point if isinstance(point, Tensor) else space.flatten(point)
    if tuple(vector.shape) != (space.size,):
        raise ValueError(f"A point has the shape {tuple(vector.shape)}, not ({space.size},).")
    return space.unflatten(vector.detach().to("cpu", torch.float64))


def _scaled(drawn: Tensor, weight: Tensor, normalize: Normalize) -> Tensor:
    """The direction with the norms of the weight; 0 / 0 is 0."""
    if normalize == "none":
        return drawn
    units = weight.shape[0] if normalize == "filter" and weight.dim() >= 2 else 1
    have = drawn.reshape(units, -1).norm(dim=1, keepdim=True)
    want = weight.reshape(units, -1).norm(dim=1, keepdim=True)
    ratio = torch.where(have > 0, want / have, 0.0)
    return (drawn.reshape(units, -1) * ratio).reshape(weight.shape)
