"""The loss along one direction through a network's weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.plane.directions import (
    UNITS,
    Normalize,
    OneDimensional,
    check_normalisation,
    drawn_direction,
    in_double,
    normalised_direction,
)
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem, Split
from lossviz.problem.vector import Point
from lossviz.surface.losses import MixtureLosses, Progress, mixtures
from lossviz.surface.surface import Numbers, _side

GIVEN = {**UNITS, "none": "1 = the direction as it was given"}


@dataclass(frozen=True, eq=False)
class Slice1d:
    """The loss at ``centre + t direction``.

    Args:
        t: (n,) float64.
        loss: (n,), in the problem's dtype; what is not finite stays so.
        direction: (P,) in float64, as it was walked along.
        title: The axis's title, with its unit.
        split: The samples over which the loss is meant.
    """

    t: Tensor
    loss: Tensor
    direction: Tensor
    title: str
    split: Split = "train"


def slice_1d(
    prob: Problem,
    center: Point,
    direction: Point | None = None,
    t: Numbers | None = None,
    *,
    seed: int = 0,
    normalize: Normalize | None = None,
    one_dimensional: OneDimensional = "zero",
    split: Split = "train",
    statistics: Statistics | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Slice1d:
    """The true loss along one direction through a point; nothing is interpolated.

    The direction is given, or drawn at random with the seed. With "filter" each output unit's part
    of it, with "layer" each tensor, gets the norm that the weights have there, as Li et al. (2018)
    do, so that the widths of two such slices can be compared: ReLU networks (no biases) that
    differ only by a rescaling of whole layers have the same filter-normalised slice.

    How to read it: a valley that is wide in this picture is one in which all weights may change by
    the same share without harm. It is one direction out of P: it shows neither the sharpest one
    nor barriers beside it.

    Args:
        prob: The problem.
        center: The point at t = 0, as named tensors or one vector (P,).
        direction: Where t leads, likewise; drawn with the seed when it is not given.
        t: (n,); 101 numbers from -1 to 1 when they are not given.
        seed: Of a drawn direction; the global random state is neither used nor changed.
        normalize: "filter", "layer" or "none"; when it is not given "filter" for a drawn direction,
            and "none" for a given one, which then stays as it is.
        one_dimensional: Biases and the like of a normalised or drawn direction: "zero" leaves them
            where they are, "scale" gives each tensor its own norm.
        split: "train" or "test".
        statistics: What batch normalisation uses; the problem's own choice when it is not given.
        on_progress: Called with the points done and all points.
        cancelled: Asked now and then; when true, `ScanCancelledError` is raised.

    Raises:
        ValueError: For a choice that is not known, points that do not fit, or a direction in which
            there is nothing to move.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + 10 * y**2, (0.0, 0.0))
    >>> along = slice_1d(bowl, torch.zeros(2), torch.tensor([0.0, 1.0]), [-1, 0, 2])
    >>> along.loss.tolist()
    [10.0, 0.0, 40.0]
    """
    way: Normalize = normalize or ("filter" if direction is None else "none")
    check_normalisation(way, one_dimensional)
    axis = _axis(prob, center, direction, seed, way, one_dimensional)
    at = _side(torch.arange(-50, 51, dtype=torch.float64) / 50 if t is None else t, "t")
    if statistics is not None:
        prob = prob.with_statistics(statistics)
    origin = prob.space.flatten(in_double(prob.space, center))
    losses = MixtureLosses(prob, torch.stack([origin, axis]), split)
    loss = losses.at(mixtures(at[:, None]), on_progress, cancelled)
    what, unit = ("random", UNITS) if direction is None else ("given", GIVEN)
    return Slice1d(at, loss, axis, f"{what} direction ({unit[way]})", split)


def _axis(
    prob: Problem,
    center: Point,
    direction: Point | None,
    seed: int,
    normalize: Normalize,
    one_dimensional: OneDimensional,
) -> Tensor:
    """The direction (P,) in float64."""
    centre = in_double(prob.space, center)
    if direction is not None:
        parts = in_double(prob.space, direction)
    else:
        parts = drawn_direction(centre, torch.Generator().manual_seed(seed))
    if direction is None or normalize != "none":
        parts = normalised_direction(parts, centre, normalize, one_dimensional)
    axis = prob.space.flatten(parts)
    if not axis.isfinite().all() or not axis.any():
        raise ValueError(
            "There is nothing to move along: the direction is zero or not finite here. Take "
            'one_dimensional="scale", or normalize="none" where the weights are zero.'
        )
    return axis
