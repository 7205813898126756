"""`Plane`: two directions through a point of the parameter space, and the projection onto them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lossviz.problem.space import Params, ParamSpace

#: Entries of one block of a projection, so that float64 copies stay below about 130 MB.
BLOCK = 2**24


@dataclass(frozen=True, eq=False)
class Plane:
    """The points ``origin + x axes[0] + y axes[1]`` of a parameter space.

    The axes need not be orthonormal; the same plane is drawn and projected on. Origin and axes are
    kept in float64; points come out in the dtype that the origin was given in, so that x = y = 0 is
    the origin to the last bit.

    Args:
        origin: (P,), the point at x = y = 0.
        axes: (2, P), what one unit of x and one unit of y mean.
        space: Names and shapes of the P parameters.
        kind: How the plane was chosen, say "pca".
        titles: The axes' titles, with their unit.
        info: What there is to know about the plane, for captions (say the explained variance).
        dtype: Of the points; the origin's when it is not given.

    Raises:
        ValueError: When the shapes do not fit, an entry is not finite, or the axes are parallel.

    >>> space = ParamSpace(("x", "y"), ((), ()))
    >>> plane = Plane(torch.tensor([1.0, 2.0]), torch.tensor([[2.0, 0.0], [0.0, 1.0]]), space)
    >>> plane.at(3, -1)
    {'x': tensor(7.), 'y': tensor(1.)}
    >>> coords, residual = plane.project(torch.tensor([[7.0, 1.0]]))
    >>> coords.tolist(), residual.tolist()
    ([[3.0, -1.0]], [0.0])
    """

    origin: Tensor
    axes: Tensor
    space: ParamSpace
    kind: str = "plane"
    titles: tuple[str, str] = ("first axis", "second axis")
    info: dict[str, Any] = field(default_factory=dict)
    dtype: torch.dtype | None = None

    def __post_init__(self) -> None:
        size = self.space.size
        if tuple(self.origin.shape) != (size,) or tuple(self.axes.shape) != (2, size):
            raise ValueError(
                f"A plane in {size} parameters needs an origin ({size},) and axes (2, {size}); "
                f"got {tuple(self.origin.shape)} and {tuple(self.axes.shape)}."
            )
        if self.dtype is None:
            object.__setattr__(self, "dtype", self.origin.dtype)
        for name in ("origin", "axes"):
            value = getattr(self, name).detach().to("cpu", torch.float64)
            if not value.isfinite().all():
                raise ValueError(f"The {name} of a plane must be finite numbers.")
            object.__setattr__(self, name, value)
        first, second = self.axes.norm(dim=1).tolist()
        apart = _offset(self.axes[1], self.axes[0]).norm().item() if first > 0 else 0.0
        if apart <= 1e-10 * second:
            raise ValueError(
                "The two axes of a plane must point in different directions; "
                f"their lengths are {first:.3g} and {second:.3g}, and they are parallel or zero."
            )

    def points(self, x: Tensor, y: Tensor) -> Tensor:
        """The points (n, P) at the coordinates x (n,) and y (n,)."""
        coords = torch.stack(
            [torch.as_tensor(v, dtype=torch.float64).reshape(-1) for v in (x, y)], dim=1
        )
        return torch.addmm(self.origin, coords, self.axes).to(self.dtype)

    def at(self, x: float, y: float) -> Params:
        """The point at (x, y), as named tensors."""
        along, across = (torch.tensor([side], dtype=torch.float64) for side in (x, y))
        return self.space.unflatten(self.points(along, across)[0])

    def project(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest points of the plane, as (coordinates (T, 2), distances (T,)), in float64.

        How to read it: the distance is what the picture does not show. Where it is large beside the
        extent of the path, the surface under the path is not the loss that the optimizer saw. Rows
        that are not finite give coordinates and a distance that are not finite.

        Args:
            weights: (T, P), or one point (P,).
        """
        if weights.shape[-1] != self.space.size or weights.dim() > 2:
            raise ValueError(
                f"Got weights of the shape {tuple(weights.shape)}, expected (T, {self.space.size})."
            )
        weights = weights.detach().reshape(-1, self.space.size)
        # A^T = QR: least squares for any two axes, without squaring their condition number.
        q, r = torch.linalg.qr(self.axes.T)
        coords, residual = [], []
        for block in _row_blocks(weights):
            away = block.to("cpu", torch.float64) - self.origin
            along = away @ q
            coords.append(torch.linalg.solve_triangular(r, along.T, upper=True).T)
            residual.append((away - along @ q.T).norm(dim=1))
        if not coords:
            return torch.zeros(0, 2, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
        return torch.cat(coords), torch.cat(residual)


def _offset(vector: Tensor, along: Tensor) -> Tensor:
    """The part of a vector that is perpendicular to another one."""
    unit = along / along.norm()
    return vector - (vector @ unit) * unit


def _row_blocks(weights: Tensor) -> Iterator[Tensor]:
    rows = max(1, BLOCK // max(1, weights.shape[1]))
    for i in range(math.ceil(weights.shape[0] / rows)):
        yield weights[i * rows : (i + 1) * rows]
