"""The part of a plane to draw, so that the paths are in it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.plane.reach import frames_that_count

Range = tuple[float, float]

#: The shorter side of a window is at least this part of the longer one.
SLIMMEST = 0.25
#: And no side is shorter than this part of how far away the window is: single precision, in which
#: most weights and all pictures are, could not tell its cells apart.
FINEST = 1e-5


def window(plane: Plane, paths: Sequence[Tensor], margin: float = 0.15) -> tuple[Range, Range]:
    """The ranges of x and y to draw: all paths, and a margin on each side.

    A run that flies away does not blow the window up: of such a run only those frames count that
    are as near to its start as the others get to theirs, or, where every run flies away, those
    within ten times the norm of its start (`lossviz.plane.reach`). Nothing is clamped: the rest of
    the path leaves the picture. The shorter side is widened to a quarter of the longer one, so that
    a path along one axis still has a surface around it; where nothing moves, the window is 1 in
    each direction, or more where that is nothing beside the numbers themselves.

    Args:
        plane: The plane, whose norm at the starts is the yardstick of what is far.
        paths: Coordinates (T, 2), as `Plane.project` gives them.
        margin: The part of the extent that is added on each side.

    Raises:
        ValueError: When no frame is finite or the margin is negative.
    """
    if margin < 0:
        raise ValueError(f"The margin is {margin}, but must be 0 or more.")
    paths = [path.detach().to(torch.float64).reshape(-1, 2) for path in paths]
    starts = [path[:1].nan_to_num(0, 0, 0) for path in paths]
    norms = [
        float(plane.points(s[:, 0], s[:, 1]).double().norm()) if len(s) else 1.0 for s in starts
    ]
    masks = frames_that_count(paths, [max(1.0, norm) for norm in norms])
    seen = torch.cat([p[m] for p, m in zip(paths, masks, strict=True)]) if paths else None
    if seen is None or not len(seen):
        raise ValueError("No point of the paths is finite, so there is no window around them.")
    low, high = seen.amin(dim=0), seen.amax(dim=0)
    middle, half = (low + high) / 2, (high - low) / 2
    longest = float(half.max())
    if longest <= 1e-12 * max(1.0, float(middle.abs().max())):
        half = torch.ones(2, dtype=torch.float64)
    else:
        half = half.clamp(min=SLIMMEST * longest) * (1 + 2 * margin)
    half = half.clamp(min=FINEST * float(middle.abs().max()))
    (x0, y0), (x1, y1) = (middle - half).tolist(), (middle + half).tolist()
    return (x0, x1), (y0, y1)


def grid(ranges: tuple[Range, Range], nx: int, ny: int | None = None) -> tuple[Tensor, Tensor]:
    """Evenly spaced x (nx,) and y (ny,) over a window; ny is nx when it is not given.

    >>> grid(((0, 1), (0, 2)), 3, 2)[0].tolist()
    [0.0, 0.5, 1.0]
    """
    sides = (nx, nx if ny is None else ny)
    if min(sides) < 2:
        raise ValueError(f"A grid has 2 points or more on each side; got {sides[0]} x {sides[1]}.")
    x, y = (
        torch.linspace(low, high, n, dtype=torch.float64)
        for (low, high), n in zip(ranges, sides, strict=True)
    )
    return x, y
