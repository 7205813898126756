"""Several random slices through one point, and how far they agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.plane.directions import Normalize, OneDimensional
from lossviz.plane.plane import Plane
from lossviz.plane.random import random_plane
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem, Split
from lossviz.surface.losses import PlaneLosses, Progress, counted
from lossviz.surface.surface import Surface, crossings

#: Places on each ring.
AROUND = 24


@dataclass(frozen=True, eq=False)
class RandomSlices:
    """S random slices through one point, and their mean height on rings around it.

    How to read it: where ``low`` and ``high`` are close together, one random slice is like any
    other, and may stand for them at that distance. Where they are far apart, the picture depends on
    the seed, and one slice alone shows chance. Even slices that agree say nothing about directions
    that are no random mixture of all weights, such as the sharpest one.

    Args:
        seeds: S of them.
        surfaces: For each seed the loss on a square grid.
        radius: (r,) float64, in the planes' units; the first one is 0.
        heights: (S, r), the mean loss over evenly spaced places on a ring of each slice; infinite
            where one of them is not finite.
        split: The samples over which the loss is meant.
    """

    seeds: tuple[int, ...]
    surfaces: tuple[Surface, ...]
    radius: Tensor
    heights: Tensor
    split: Split = "train"

    @property
    def low(self) -> Tensor:
        """The lowest of the slices at each radius (r,)."""
        return self.heights.amin(dim=0)

    @property
    def median(self) -> Tensor:
        """The median of the slices at each radius (r,); the mean of the two in the middle."""
        ordered = self.heights.sort(dim=0).values
        count = len(ordered)
        return (ordered[(count - 1) // 2] + ordered[count // 2]) / 2

    @property
    def high(self) -> Tensor:
        """The highest of the slices at each radius (r,)."""
        return self.heights.amax(dim=0)

    @property
    def spread(self) -> Tensor:
        """How far the slices are apart at each radius (r,), as a share of the median's rise.

        0 where they agree; 1 where they differ by as much as the median has risen from the centre.
        NaN at the centre, and where a height is not finite.
        """
        rise = self.median - self.median[0]
        return torch.where(rise > 0, (self.high - self.low) / rise, torch.nan).where(
            self.high.isfinite(), torch.nan
        )


def random_slices(
    prob: Problem,
    params: Mapping[str, Tensor] | Tensor,
    seeds: Iterable[int] = range(5),
    *,
    points: int = 31,
    reach: float = 1.0,
    radii: int = 16,
    normalize: Normalize = "filter",
    one_dimensional: OneDimensional = "zero",
    split: Split = "train",
    statistics: Statistics | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RandomSlices:
    """Random slices through one point under several seeds, with the spread between them.

    Each is `random_plane`'s with its seed, evaluated on a square grid, and on 24 places of each of
    some rings around the centre; nothing is interpolated.

    Args:
        prob: The problem.
        params: The centre, as named tensors or one vector (P,).
        seeds: One slice for each, at least one.
        points: On each side of the grids, at least 2.
        reach: Half a side of the grids, and the radius of the last ring, in the planes' units.
        radii: How many radii from 0 to the reach, at least 2.
        normalize: As for `random_plane`.
        one_dimensional: As for `random_plane`.
        split: "train" or "test".
        statistics: What batch normalisation uses; the problem's own choice when it is not given.
        on_progress: Called with the points done and all points, those of all slices together.
        cancelled: Asked now and then; when true, `ScanCancelledError` is raised.

    Raises:
        ValueError: For numbers out of range, or what `random_plane` refuses.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + y**2, (0.0, 0.0))
    >>> found = random_slices(
    ...     bowl, torch.zeros(2), range(3), normalize="none", one_dimensional="scale", radii=3
    ... )
    >>> tuple(found.heights.shape), len(found.surfaces), float(found.low[0])
    ((3, 3), 3, 0.0)
    """
    chosen = tuple(seeds)
    if not chosen or points < 2 or radii < 2 or not 0 < reach < math.inf:
        raise ValueError(
            f"Got {len(chosen)} seeds, {points} points, {radii} radii and the reach {reach}; take "
            "1, 2 and 2 or more, and a reach above 0."
        )
    if statistics is not None:
        prob = prob.with_statistics(statistics)
    # Its middle is 0 exactly.
    side = reach * torch.arange(1 - points, points, 2, dtype=torch.float64) / (points - 1)
    radius = torch.linspace(0, reach, radii, dtype=torch.float64)
    coords = torch.cat([crossings(side, side), _rings(radius)])
    surfaces, heights = [], []
    for place, seed in enumerate(chosen):
        plane = random_plane(prob, params, seed, normalize, one_dimensional)
        progress = counted(on_progress, place * len(coords), len(chosen) * len(coords))
        loss = PlaneLosses(prob, plane, split)(coords, progress, cancelled)
        surfaces.append(_surface(side, loss[: points**2], plane, split))
        heights.append(_heights(loss[points**2 :], radii))
    return RandomSlices(chosen, tuple(surfaces), radius, torch.stack(heights), split)


def _rings(radius: Tensor) -> Tensor:
    """Places (r AROUND, 2) on rings, one ring after the other."""
    angle = torch.arange(AROUND, dtype=torch.float64) * (2 * math.pi / AROUND)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    return (radius[:, None, None] * circle).reshape(-1, 2)


def _heights(loss: Tensor, radii: int) -> Tensor:
    """The mean loss (r,) on each ring in float64; infinite where one is not finite."""
    rings = loss.double().reshape(radii, AROUND)
    return torch.where(rings.isfinite().all(dim=1), rings.mean(dim=1), torch.inf)


def _surface(side: Tensor, loss: Tensor, plane: Plane, split: Split) -> Surface:
    return Surface(side, side, loss.reshape(len(side), len(side)), plane, split)
