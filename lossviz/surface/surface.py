"""`Surface`: the loss on a grid of a plane, and how it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem, Split
from lossviz.surface.losses import PlaneLosses, Progress

Numbers = Tensor | np.ndarray | Sequence[float]


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss at the crossings of x and y: ``loss[j, i]`` is the loss at ``(x[i], y[j])``.

    Cells that are not finite are what the loss is there, and are kept.

    Args:
        x: (nx,) float64, in the plane's units.
        y: (ny,) float64.
        loss: (ny, nx), in the problem's dtype.
        plane: Where the grid lies.
        split: The samples over which the loss is meant.
    """

    x: Tensor
    y: Tensor
    loss: Tensor
    plane: Plane
    split: Split = "train"


def evaluate(
    prob: Problem,
    plane: Plane,
    x: Numbers,
    y: Numbers,
    split: Split = "train",
    chunk: int | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    statistics: Statistics | None = None,
) -> Surface:
    """The true loss of the problem at every point of a grid; nothing is interpolated.

    The model is never moved: weights, buffers, ``requires_grad``, mode and random state stay as
    they are. Points are evaluated many at a time (`lossviz.surface.losses`); the memory, beyond 80
    bytes for each point, is bounded by the portion, not by the grid: for a plain stack see
    `lossviz.surface.layered.LayeredMixtures`, plus 2^17 outputs and what the criterion makes of
    them; for any other model it is that of at most 96 forward passes at once, or of ``chunk`` ones:
    as many as keep its largest intermediate within 3 2^17 entries and the parameters within 2^24.

    Batch normalisation has running statistics, which belong to the weights at which they were
    gathered. Which ones are used elsewhere on the plane is the problem's choice, or that of
    ``statistics``: with "recomputed" the picture is that of networks as one would use them.

    Args:
        prob: The problem.
        plane: The plane, in the same parameters.
        x: Coordinates along the first axis (nx,).
        y: Coordinates along the second axis (ny,).
        split: "train" or "test".
        chunk: Points in one call of the model; chosen by the sizes when it is not given.
        on_progress: Called with the points done and all points.
        cancelled: Asked now and then; when true, `ScanCancelledError` is raised.
        statistics: What batch normalisation uses, "frozen", "batch" or "recomputed"; the problem's
            own choice when it is not given. See `lossviz.problem.normalise`.

    >>> from lossviz.plane import Plane
    >>> net = torch.nn.Linear(1, 1, bias=True)
    >>> ones = torch.ones(4, 1)
    >>> prob = Problem.from_module(net, torch.nn.MSELoss(), (ones, ones))
    >>> plane = Plane(torch.zeros(2), torch.eye(2), prob.space)
    >>> evaluate(prob, plane, [0, 1, 2], [0, 1]).loss
    tensor([[1., 0., 1.],
            [0., 1., 4.]])
    """
    xs, ys = _side(x, "x"), _side(y, "y")
    if statistics is not None:
        prob = prob.with_statistics(statistics)
    losses = PlaneLosses(prob, plane, split, chunk)(crossings(xs, ys), on_progress, cancelled)
    return Surface(xs, ys, losses.reshape(len(ys), len(xs)), plane, split)


def slice_loss(prob: Problem, plane: Plane, coords: Tensor, split: Split = "train") -> Tensor:
    """The slice's loss (T,) under a path: the model evaluated at the projected points.

    How to read it: beside the true loss of the path it says how much of what the optimizer did
    happened outside the plane. NaN where a coordinate is not finite.

    Args:
        prob: The problem.
        plane: The plane.
        coords: (T, 2), as `Plane.project` gives them.
        split: "train" or "test".
    """
    if coords.dim() != 2 or coords.shape[1] != 2:
        raise ValueError(f"Got coordinates of the shape {tuple(coords.shape)}, expected (T, 2).")
    return PlaneLosses(prob, plane, split)(coords)


def crossings(x: Tensor, y: Tensor) -> Tensor:
    """Coordinates (ny nx, 2) of all crossings, x running fastest."""
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns.reshape(-1), rows.reshape(-1)], dim=1)


def _side(values: Numbers, name: str) -> Tensor:
    side = torch.as_tensor(values, dtype=torch.float64).detach().cpu()
    if side.dim() != 1 or not len(side) or not side.isfinite().all():
        raise ValueError(
            f"{name} must be a row of finite numbers; got the shape {tuple(side.shape)}: {values}."
        )
    return side
