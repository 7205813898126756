"""From a coarse surface to a fine one, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem, Split
from lossviz.surface.losses import PlaneLosses
from lossviz.surface.surface import Numbers, Surface, _side

#: Points on a side of the first level, about.
COARSE = 21

#: A point that takes so many seconds says enough by itself; the probe of others lasts so long.
SLOW = 0.05
ENOUGH = 0.02


def levels(nx: int, ny: int, coarse: int = COARSE) -> list[tuple[Tensor, Tensor]]:
    """The columns and rows of the full grid that each level evaluates, from few to all.

    The points on a side are about doubled from level to level, and each level's points are among
    those of the next one, so that nothing is evaluated twice.

    >>> [(len(columns), len(rows)) for columns, rows in levels(81, 41)]
    [(21, 21), (41, 41), (81, 41)]
    >>> levels(5, 5)[0][0].tolist()
    [0, 1, 2, 3, 4]
    """
    if coarse < 2:
        raise ValueError(f"The coarsest side is {coarse}, but must be 2 or more.")
    sides = [_halvings(n, coarse) for n in (nx, ny)]
    depth = max(len(side) for side in sides)
    full = [side + [side[-1]] * (depth - len(side)) for side in sides]
    return list(zip(*full, strict=True))


def _halvings(n: int, coarse: int) -> list[Tensor]:
    """Nested indices into range(n), each from the first to the last, the last one all."""
    index = torch.arange(n)
    found = [index]
    while len(index) > 1.5 * coarse:
        # Every other one, and the last one, so that every level spans the whole window.
        thinner = index[::2]
        index = thinner if (len(index) - 1) % 2 == 0 else torch.cat([thinner, index[-1:]])
        found.append(index)
    return found[::-1]


def refine(
    prob: Problem,
    plane: Plane,
    x: Numbers,
    y: Numbers,
    split: Split = "train",
    coarse: int = COARSE,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Surface]:
    """Surfaces on a coarse part of the grid first, and on the whole of it last.

    Every level reuses all cells of the one before and evaluates only the others: all levels
    together cost as much as the last one alone. The last surface equals `evaluate`'s.

    Args:
        prob: The problem.
        plane: The plane.
        x: Coordinates of the full grid (nx,).
        y: Coordinates of the full grid (ny,).
        split: "train" or "test".
        coarse: Points on a side of the first level, about.
        cancelled: Asked now and then; when true, `ScanCancelledError` is raised.
    """
    xs, ys = _side(x, "x"), _side(y, "y")
    losses = PlaneLosses(prob, plane, split)
    known = torch.zeros(len(ys), len(xs), dtype=torch.bool)
    values = torch.full((len(ys), len(xs)), torch.nan, dtype=losses.vectors.dtype)
    for columns, rows in levels(len(xs), len(ys), coarse):
        wanted = torch.zeros_like(known)
        wanted[rows[:, None], columns] = True
        j, i = (wanted & ~known).nonzero(as_tuple=True)
        values[j, i] = losses(torch.stack([xs[i], ys[j]], dim=1), cancelled=cancelled)
        known |= wanted
        yield Surface(xs[columns], ys[rows], values[rows[:, None], columns], plane, split)


def estimate(prob: Problem, plane: Plane, points: int, split: Split = "train") -> float:
    """The seconds that a scan of so many points will take, from a quick probe of a few.

    After one point to warm up, portions are evaluated for about 20 ms, one at least; the answer is
    right to a factor of about two on a busy machine.

    >>> net = torch.nn.Linear(2, 1)
    >>> prob = Problem.from_module(net, torch.nn.MSELoss(), (torch.ones(4, 2), torch.ones(4, 1)))
    >>> plane = Plane(prob.theta0, torch.eye(2, 3), prob.space)
    >>> 0 < estimate(prob, plane, 100) < estimate(prob, plane, 10**9)
    True
    """
    if points < 0:
        raise ValueError(f"The number of points is {points}, but must be 0 or more.")
    return seconds_each(PlaneLosses(prob, plane, split), points) * points


def seconds_each(losses: PlaneLosses, points: int) -> float:
    """The seconds that each of so many points takes, from a probe of at most so many."""
    # A portion is what one call evaluates; one point is enough to see that a model is slow.
    start = time.perf_counter()
    losses(torch.zeros(1, 2))
    seconds = time.perf_counter() - start
    if seconds > SLOW or points <= 1:
        return seconds
    count = min(losses.portion, points)
    probe = torch.rand(count, 2, generator=torch.Generator().manual_seed(0))
    done, start = 0, time.perf_counter()
    # A single quick call says little.
    while not done or (done < points and time.perf_counter() - start < ENOUGH):
        losses(probe)
        done += count
    return (time.perf_counter() - start) / done
