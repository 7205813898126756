"""Curves between two networks, as mixtures of both ends and of the bends between them."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

Shape = Literal["bezier", "chain"]
SHAPES: tuple[Shape, ...] = ("bezier", "chain")


def shares(shape: Shape, t: Tensor, bends: int) -> Tensor:
    r"""What each of the points ``a, bends, b`` counts at t: (n, B + 2), each row sums to 1.

    A "bezier" curve with B bends has the degree d = B + 1 and Bernstein's polynomials as shares,
    $\binom{d}{j} t^j (1 - t)^{d - j}$; with one bend these are $(1-t)^2, 2t(1-t), t^2$. A "chain"
    is made of B + 1 straight pieces, each walked in the same share of t.

    Args:
        shape: "bezier" or "chain".
        t: (n,) in float64, between 0 and 1.
        bends: B, at least 1.

    >>> shares("bezier", torch.tensor([0.0, 0.5, 1.0]), 1).tolist()
    [[1.0, 0.0, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]
    >>> shares("chain", torch.tensor([0.0, 0.25, 1.0]), 1).tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    """
    degree = bends + 1
    if shape == "bezier":
        columns = [math.comb(degree, j) * t**j * (1 - t) ** (degree - j) for j in range(degree + 1)]
        return torch.stack(columns, dim=1)
    corners = torch.arange(degree + 1, dtype=t.dtype)
    # Each corner's share falls to 0 at its neighbours.
    return (1 - (t[:, None] * degree - corners).abs()).clamp(min=0)


def straight_bends(a: Tensor, b: Tensor, bends: int) -> Tensor:
    """Bends (B, P) evenly spaced from a to b: both shapes are then the straight line itself."""
    at = torch.arange(1, bends + 1, dtype=torch.float64, device=a.device) / (bends + 1)
    mixed = (1 - at[:, None]) * a.double() + at[:, None] * b.double()
    return mixed.to(a.dtype)
