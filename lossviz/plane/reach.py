"""Which frames of a path count: how one run that diverges is kept from hiding all the others."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: A run is a runaway when it gets further than this many times the norm of its start (at least 1).
RUNAWAY = 1000.0
#: Where all runs are runaways, they are followed this many times the norm of their start.
FOLLOWED = 10.0


def frames_that_count(paths: Sequence[Tensor], yardsticks: Sequence[float]) -> list[Tensor]:
    """A mask (T,) for each path (T, D): the frames that planes and windows are fitted to.

    The rule. A path is a runaway when it has frames that are not finite or gets further from its
    start than 1000 times its yardstick. Every frame of every other path counts. Of a runaway the
    frames count that are as near to its start as the others ever get to theirs; where there is no
    other path that moves, those within 10 yardsticks of its start. Frames that are not finite never
    count.

    Args:
        paths: Positions (T, D), in one common space.
        yardsticks: A length that is ordinary for each path: the norm of its start, at least 1.
    """
    away = [_distance_from_start(path) for path in paths]
    calm = [
        bool(d.isfinite().all()) and float(d.max()) <= RUNAWAY * unit if len(d) else False
        for d, unit in zip(away, yardsticks, strict=True)
    ]
    reach = max((float(d.max()) for d, c in zip(away, calm, strict=True) if c), default=0.0)
    masks = []
    for d, is_calm, unit in zip(away, calm, yardsticks, strict=True):
        limit = float("inf") if is_calm else reach or FOLLOWED * unit
        masks.append(d.isfinite() & (d <= limit))
    return masks


def _distance_from_start(path: Tensor) -> Tensor:
    if len(path) == 0:
        return torch.zeros(0, dtype=torch.float64)
    rows = []
    start = path[0].to(torch.float64)
    for block in path.split(max(1, 2**24 // max(1, path.shape[1]))):
        rows.append((block.to(torch.float64) - start).norm(dim=1))
    return torch.cat(rows)
