"""What the schedules' entries share: the warm-up."""

from __future__ import annotations

from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, SequentialLR

from lossviz.registry import Param

WARMUP = Param(
    "warmup",
    0,
    1,
    10_000,
    "log",
    "In each of the first W steps the rate rises by 1/W of where the schedule begins.",
    off=0,
    title="warm-up",
)


def warmed(
    optimizer: Optimizer, steps: int, warmup: int, make: Callable[[int], LRScheduler]
) -> LRScheduler:
    """A schedule behind a linear warm-up: step ``t`` of the first W has ``(t + 1) / W`` of its
    first learning rate, and only then does it begin.

    Where the warm-up is as long as the run or longer, the run ends on the way up.

    Args:
        optimizer: Whose learning rate it is.
        steps: The steps of the whole run.
        warmup: W; 0 for none.
        make: Gives the schedule for the steps that are left.
    """
    if not warmup:
        return make(steps)
    main = make(max(1, steps - warmup))
    rise = LambdaLR(optimizer, lambda step: (step + 1) / warmup)
    return SequentialLR(optimizer, [rise, main], [warmup])
