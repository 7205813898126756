"""The plane of the two directions in which the loss curves most, or most and least."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from lossviz.curvature.eigenpairs import Eigenpairs, Which, top_eigenpairs
from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem

Pick = Literal["top", "bottom", "top and bottom"]

#: What the two axes are called.
AXES: dict[str, tuple[str, str]] = {
    "top": ("sharpest direction", "second sharpest direction"),
    "bottom": ("lowest direction", "second lowest direction"),
    "top and bottom": ("sharpest direction", "lowest direction"),
}


def hessian_plane(
    prob: Problem,
    params: Mapping[str, Tensor] | Tensor,
    seed: int = 0,
    *,
    pick: Pick = "top",
    scale: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Plane:
    """The plane through a point along two outermost eigenvectors of the loss's Hessian there.

    The axes are orthonormal, so a unit is euclidean distance. Signs are fixed: the largest entry of
    each axis is positive. Used by Li et al. 2018 and Yao et al. 2020 (PyHessian); the eigenvectors
    come from Lanczos (`lossviz.curvature.top_eigenpairs`).

    How to read it: with "top" this is the steepest valley through the point, and no typical slice.
    At the origin the picture curves with the eigenvalues in the titles: ``loss(x, 0)`` is about
    loss(0, 0) + slope x + value x^2 / 2. Plain gradient descent bounces along the first axis when
    its learning rate nears 2 / value. With "top and bottom" the second axis is the way out of a
    saddle, if there is one: its curvature is then below 0; where it is about 0, the point is in no
    saddle. Paths mostly move in other directions: see the residual.

    ``info`` holds ``eigenvalues``, ``residuals`` (the length of H v - value v for each axis) and
    ``products`` (Hessian-vector products).

    Args:
        prob: The problem; its space orders the parameters.
        params: The point, as named tensors or one vector (P,).
        seed: Of Lanczos' start vector; it matters only where eigenvalues are equal.
        pick: "top" for the two largest eigenvalues, "bottom" for the two smallest (most negative)
            ones, "top and bottom" for the largest and the smallest.
        scale: (P,) factors d above 0 of a change of coordinates: then the eigenvectors u are those
            of D H D, D = diag(d), and the axes are D u, so that the eigenvalues are the curvatures
            along the axes all the same; the axes are orthonormal when weights are measured in d.
        dtype: The precision of the products; the problem's own when it is not given.

    Raises:
        ValueError: For fewer than two parameters, another ``pick``, or a scale that is not above 0.
        SettingError: When the point does not fit, or its curvature is not finite.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + 2 * y**2, (1.0, 1.0))
    >>> plane = hessian_plane(bowl, bowl.params0)
    >>> plane.axes.tolist(), plane.titles[0]
    ([[0.0, 1.0], [1.0, 0.0]], 'sharpest direction (distance; curvature 4)')
    """
    space = prob.space
    _check(space.size, pick, scale)
    found = _pairs(prob, params, pick, seed, scale, dtype)
    axes = _orthonormal(torch.cat([pairs.vectors for pairs in found]), seed)
    if scale is not None:
        axes = axes * scale.detach().to(axes)
    values = tuple(float(value) for pairs in found for value in pairs.values)
    origin = params if isinstance(params, Tensor) else space.flatten(params)
    first, second = (
        f"{name} (distance; curvature {value:.4g})"
        for name, value in zip(AXES[pick], values, strict=True)
    )
    return Plane(
        origin.detach(),
        axes,
        space,
        kind="hessian",
        titles=(first, second),
        info={
            "eigenvalues": values,
            "residuals": tuple(float(r) for pairs in found for r in pairs.residuals),
            "products": sum(pairs.products for pairs in found),
            "seed": seed,
            "pick": pick,
        },
    )


def _check(size: int, pick: str, scale: Tensor | None) -> None:
    if size < 2:
        raise ValueError(f"A plane needs two parameters or more; this model has {size}.")
    if pick not in AXES:
        raise ValueError(f"pick is {pick!r}, but must be one of {', '.join(AXES)}.")
    if scale is not None and not bool((scale > 0).all()):
        raise ValueError("The scale of every weight must be above 0.")


def _pairs(
    prob: Problem,
    params: Mapping[str, Tensor] | Tensor,
    pick: Pick,
    seed: int,
    scale: Tensor | None,
    dtype: torch.dtype | None,
) -> list[Eigenpairs]:
    """The two eigenpairs, the first axis's first, from one search or two."""
    if pick == "top and bottom":
        ends: tuple[Which, Which] = ("LA", "SA")
        return [
            top_eigenpairs(prob, params, k=1, which=end, seed=seed, dtype=dtype, scale=scale)
            for end in ends
        ]
    end: Which = "LA" if pick == "top" else "SA"
    return [top_eigenpairs(prob, params, k=2, which=end, seed=seed, dtype=dtype, scale=scale)]


def _orthonormal(vectors: Tensor, seed: int) -> Tensor:
    """Two eigenvectors (2, P), orthonormal to the last digit."""
    first, second = vectors / vectors.norm(dim=1, keepdim=True)
    apart = second - (second @ first) * first
    if float(apart.norm()) < 1e-6:
        # All eigenvalues are equal, so that every direction belongs to them.
        generator = torch.Generator().manual_seed(seed)
        apart = torch.randn(first.shape, dtype=torch.float64, generator=generator)
    for _ in range(2):
        apart = apart - (apart @ first) * first
    return torch.stack([first, apart / apart.norm()])
