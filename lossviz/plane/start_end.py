"""The plane along the way from a run's start to its end."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from lossviz.plane.pca import NOTHING, Cloud, Recorded, as_list, complete, equal_shares, near_frames
from lossviz.plane.plane import Plane

TITLES = ("distance from start to end", "distance across, where the paths move most")
STILL = "a random direction (nothing moves here)"


def start_end_plane(runs: Recorded | Iterable[Recorded], seed: int = 0) -> Plane:
    """The plane of the straight way from the first run's start to its end, and of what is left.

    The origin is the start. The first axis leads straight to the end. The second one is the first
    principal component of what all runs' paths have across that line, as in `pca_plane`: every run
    weighs the same, and one that flies away counts only where it is as near as the others. Both
    have length 1, so a unit is euclidean distance.

    How to read it: the start lies at (0, 0) and the end of the first run on the horizontal axis,
    both exactly in the plane. How far the path bows out is the second axis; what it does in other
    directions is not shown (see the residual). The two axes of `pca_plane` show more of the paths,
    but put neither start nor end exactly into the picture.

    ``info["explained"]`` is the share of the paths' variance along each axis, ``info["distance"]``
    that from start to end, and ``info["filled"]`` the number of axes along which nothing moves;
    they are filled with directions drawn with the seed.

    Args:
        runs: One run or several, with ``weights`` (T, P) and a common ``space``.
        seed: For the directions that are filled in.

    Raises:
        ValueError: When there is no run, no finite frame, fewer than two parameters, or the runs
            have different parameters.

    >>> import lossviz as lv
    >>> run = lv.train(lv.Experiment(steps=30))
    >>> coords, residual = start_end_plane(run).project(run.weights[[0, -1]])
    >>> coords.abs().round(decimals=5)[:, 1].tolist(), bool(residual.max() < 1e-5)
    ([0.0, 0.0], True)
    """
    several = as_list(runs)
    space = several[0].space
    if space.size < 2:
        raise ValueError(f"A plane needs two parameters or more; this model has {space.size}.")
    kept = near_frames([run.weights.detach() for run in several])
    start = kept[0][0].to("cpu", torch.float64)
    way = kept[0][-1].to("cpu", torch.float64) - start
    distance = float(way.norm())
    floor = 1e-15 * max(1.0, float(start.norm()))
    moves = distance > floor
    first = way / distance if moves else torch.zeros_like(way)
    share = equal_shares(kept)
    across = Cloud([_across(path, start, first) for path in kept], share)
    values, directions = across.principal()
    total = across.variance() + _variance(kept, share, first)
    moving = [moves, values[0] > max(NOTHING * total, floor**2)]
    axes, filled = complete(torch.stack([first, directions[0]]), moving, space.size, seed)
    along = [_variance(kept, share, axis) / total if total else 0.0 for axis in axes]
    return Plane(
        kept[0][0],
        axes * torch.tensor([[1.0], [_sign(kept[0], start, axes[1])]], dtype=torch.float64),
        space,
        kind="start-end",
        titles=(TITLES[0] if moving[0] else STILL, TITLES[1] if moving[1] else STILL),
        info={"explained": tuple(along), "distance": distance, "filled": filled},
    )


def _across(path: Tensor, start: Tensor, first: Tensor) -> Tensor:
    """What a path (T, P) has across the line, in float64."""
    away = path.to("cpu", torch.float64) - start
    return away - (away @ first)[:, None] * first


def _variance(paths: list[Tensor], share: Tensor, axis: Tensor) -> float:
    """The weighted variance of the paths along an axis of length 1 (or 0)."""
    along = torch.cat([path.to("cpu", torch.float64) @ axis for path in paths])
    return float(share @ (along - share @ along).square())


def _sign(path: Tensor, start: Tensor, axis: Tensor) -> float:
    """The sign that puts most of the first run's path above the line."""
    return -1.0 if float(((path.to("cpu", torch.float64) - start) @ axis).sum()) < 0 else 1.0
