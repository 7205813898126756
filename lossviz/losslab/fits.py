"""The line that a loss likes best: the true minimiser, for any loss of one residual.

Losses that are smooth are solved by Newton's method; losses with corners, such as the absolute
error, have a best line through two of the points (a vertex of the linear programme, Koenker and
Bassett 1978), so all such lines are tried. Both are done for every loss, and the best is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lossviz.losslab.curves import SHAPES
from lossviz.losslab.pick import Pick, Picks
from lossviz.problem.problem import Criterion
from lossviz.registry import LossEntry, Point, SettingError

SHAPE = SHAPES["residual"]
#: Newton's steps; it takes a handful.
MOST_STEPS = 100


@dataclass(frozen=True)
class Fit:
    """The best line y = slope x + intercept for one loss.

    Args:
        pick: The loss.
        slope, intercept: The line.
        loss: Its mean loss over the points.
        unique: Whether it is the only best line, as far as was seen.
    """

    pick: Pick
    slope: float
    intercept: float
    loss: float
    unique: bool = True


def can_fit(entry: LossEntry) -> bool:
    """Whether a loss is a function of one residual, so that it can choose a line."""
    return "residual" in entry.over and entry.along is None and entry.outputs(SHAPE) == 1


def fits(points: Sequence[Point], picks: Picks) -> tuple[Fit, ...]:
    """The best line of each loss."""
    return tuple(line_fit(points, pick) for pick in picks)


def line_fit(points: Sequence[Point], pick: Pick) -> Fit:
    """The line with the least mean loss over the points.

    Args:
        points: At least two of them (x, y).
        pick: A loss for which `can_fit` is true.

    Raises:
        SettingError: For fewer points, or for a loss that cannot choose a line.

    >>> line_fit([(0, 1), (1, 3), (2, 5)], Pick("mse")).slope
    2.0
    """
    if len(points) < 2:
        raise SettingError(f"There are {len(points)} points; a line needs 2 or more.")
    if not can_fit(pick.entry):
        raise SettingError(f"The loss {pick.loss!r} is no function of one residual.")
    x, y = torch.tensor(points, dtype=torch.float64).T
    design = torch.stack([x, torch.ones_like(x)], -1)
    criterion = pick.criterion(SHAPE)
    vertices = _through_two(x, y)
    begin = torch.cat([_least_squares(design, y), vertices])
    heights = loss_of_lines(criterion, begin, x, y)
    smooth = _newton(criterion, design, y, begin[heights.argmin()])
    height = loss_of_lines(criterion, smooth[None], x, y)[0]
    best, least = (smooth, height) if height <= heights.min() else _pick_least(begin, heights)
    near = heights[1:] <= least + 1e-12 * max(1.0, abs(float(least)))
    unique = _alone(best, vertices[near]) if near.any() else _bends(criterion, design, y, best)
    slope, intercept = (round(float(v), 12) + 0.0 for v in best)
    return Fit(pick, slope, intercept, float(least), unique and not bool((x == x[0]).all()))


def _alone(best: Tensor, equals: Tensor) -> bool:
    """Whether all lines (K, 2) that are as good are the best one itself."""
    return float((equals - best).abs().amax()) < 1e-6


def _bends(criterion: Criterion, design: Tensor, y: Tensor, line: Tensor) -> bool:
    """Whether the loss rises in all directions from a line that is no corner."""
    _, bend = _derivatives(criterion, design @ line, y)
    curvatures = torch.linalg.eigvalsh(design.T @ (bend[:, None] * design))
    return float(curvatures[0]) > 1e-12


def loss_over_lines(
    points: Sequence[Point], pick: Pick, slopes: np.ndarray, intercepts: np.ndarray
) -> np.ndarray:
    """The mean loss (ny, nx) of the lines with these slopes (nx,) and intercepts (ny,).

    How to read it: a bowl for the squared error, a folded sheet for the absolute one; its lowest
    point is the best line.
    """
    x, y = torch.tensor(points, dtype=torch.float64).T
    up, along = np.meshgrid(intercepts, slopes, indexing="ij")
    lines = torch.from_numpy(np.stack([along.ravel(), up.ravel()], -1))
    return loss_of_lines(pick.criterion(SHAPE), lines, x, y).numpy().reshape(up.shape)


def loss_of_lines(criterion: Criterion, lines: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The mean loss (K,) of lines (K, 2) over points with coordinates (N,)."""
    predicted = lines[:, :1] * x + lines[:, 1:]
    return criterion(predicted.unsqueeze(-1), y[:, None])


def _pick_least(lines: Tensor, heights: Tensor) -> tuple[Tensor, Tensor]:
    place = heights.argmin()
    return lines[place], heights[place]


def _least_squares(design: Tensor, y: Tensor) -> Tensor:
    """The line (1, 2) of least squares; the flattest of them where all points are above another."""
    line = np.linalg.lstsq(design.numpy(), y.numpy(), rcond=None)[0]
    return torch.from_numpy(line)[None]


def _through_two(x: Tensor, y: Tensor) -> Tensor:
    """All lines (K, 2) through two points that are not above each other."""
    i, j = torch.triu_indices(len(x), len(x), offset=1)
    apart = x[i] != x[j]
    i, j = i[apart], j[apart]
    slope = (y[j] - y[i]) / (x[j] - x[i])
    return torch.stack([slope, y[i] - slope * x[i]], -1)


def _newton(criterion: Criterion, design: Tensor, y: Tensor, line: Tensor) -> Tensor:
    """Newton's method with damping, down from a line (2,)."""
    damping = 1e-9
    height = criterion(design @ line[:, None], y[:, None])
    for _ in range(MOST_STEPS):
        pull, bend = _derivatives(criterion, design @ line, y)
        gradient = design.T @ pull
        matrix = design.T @ (bend[:, None] * design)
        while damping < 1e12:
            step = torch.linalg.solve(matrix + damping * torch.eye(2).to(matrix), gradient)
            lower = criterion(design @ (line - step)[:, None], y[:, None])
            if lower < height:
                break
            damping *= 10
        else:
            return line  # no step goes down any further
        line, height, damping = line - step, lower, max(damping / 100, 1e-12)
    return line


def _derivatives(criterion: Criterion, predicted: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """First and second derivatives (N,) of the mean loss in each prediction; 0 at corners."""
    leaf = predicted.detach().requires_grad_()
    loss = criterion(leaf[:, None], y[:, None])
    (pull,) = torch.autograd.grad(loss, leaf, create_graph=True)
    if not pull.requires_grad:
        return pull, torch.zeros_like(pull)
    # A sample's pull depends on its own prediction alone, so the sum's slope is the diagonal.
    (bend,) = torch.autograd.grad(pull.sum(), leaf, materialize_grads=True)
    return pull.detach(), bend.clamp(min=0)
