"""The plane of the two directions in which the loss curves most."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lossviz.curvature.eigenpairs import top_eigenpairs
from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem


def hessian_plane(
    prob: Problem,
    params: Mapping[str, Tensor] | Tensor,
    seed: int = 0,
    *,
    dtype: torch.dtype | None = None,
) -> Plane:
    """The plane through a point along the two top eigenvectors of the loss's Hessian there.

    The axes are orthonormal, so a unit is euclidean distance. Signs are fixed: the largest entry of
    each axis is positive. Used by Li et al. 2018 and Yao et al. 2020 (PyHessian); the eigenvectors
    come from Lanczos (`lossviz.curvature.top_eigenpairs`).

    How to read it: this is the steepest valley through the point, and no typical slice. At the
    origin the picture curves with the eigenvalues in the titles: ``loss(x, 0)`` is about loss(0, 0)
    + slope x + value x^2 / 2. Plain gradient descent bounces along the first axis when its learning
    rate nears 2 / value. Paths mostly move in other directions: see the residual.

    ``info`` holds ``eigenvalues``, ``residuals`` (the length of H v - value v for each axis) and
    ``products`` (Hessian-vector products).

    Args:
        prob: The problem; its space orders the parameters.
        params: The point, as named tensors or one vector (P,).
        seed: Of Lanczos' start vector; it matters only where eigenvalues are equal.
        dtype: The precision of the products; the problem's own when it is not given.

    Raises:
        ValueError: For fewer than two parameters.
        SettingError: When the point does not fit, or its curvature is not finite.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + 2 * y**2, (1.0, 1.0))
    >>> plane = hessian_plane(bowl, bowl.params0)
    >>> plane.axes.tolist(), plane.titles[0]
    ([[0.0, 1.0], [1.0, 0.0]], 'sharpest direction (curvature 4)')
    """
    space = prob.space
    if space.size < 2:
        raise ValueError(f"A plane needs two parameters or more; this model has {space.size}.")
    pairs = top_eigenpairs(prob, params, k=2, which="LA", seed=seed, dtype=dtype)
    first, second = pairs.vectors
    second = second - (second @ first) * first  # orthonormal to the last digit
    origin = params if isinstance(params, Tensor) else space.flatten(params)
    high, low = (float(value) for value in pairs.values)
    return Plane(
        origin.detach(),
        torch.stack([first / first.norm(), second / second.norm()]),
        space,
        kind="hessian",
        titles=(
            f"sharpest direction (curvature {high:.4g})",
            f"second sharpest direction (curvature {low:.4g})",
        ),
        info={
            "eigenvalues": (high, low),
            "residuals": tuple(float(r) for r in pairs.residuals),
            "products": pairs.products,
            "seed": seed,
        },
    )
