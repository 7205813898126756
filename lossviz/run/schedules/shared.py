"""What the schedules' entries share: the warm-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, SequentialLR

from lossviz.registry import Code, Param, Value

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


#: What an exported script calls the learning rate that a schedule begins with.
LR = 'optimizer.param_groups[0]["lr"]'


def share(factor: float) -> str:
    """So many times the learning rate, as code.

    >>> share(2.0)
    '2.0 * optimizer.param_groups[0]["lr"]'
    """
    return LR if factor == 1 else f"{factor!r} * {LR}"


def warmed_code(kind: str, params: Mapping[str, Value], steps: int, *arguments: str) -> Code:
    """The code of a schedule behind a warm-up; see `warmed`.

    Args:
        kind: The scheduler's class in `torch.optim.lr_scheduler`.
        params: With the key ``warmup``.
        steps: The steps of the whole run.
        arguments: What it is given beside the optimizer, as code; ``LEFT`` in it stands for the
            steps that are left after the warm-up.
    """
    warmup = params["warmup"]
    left = f"STEPS - {warmup}" if int(warmup) < steps else "1"
    given = ", ".join(("optimizer", *arguments)).replace("LEFT", left if warmup else "STEPS")
    if not warmup:
        return Code(f"scheduler = {kind}({given})", imports=(_imported(kind),))
    text = (
        f"main = {kind}({given})\n"
        f"rise = LambdaLR(optimizer, lambda step: (step + 1) / {warmup})\n"
        f"scheduler = SequentialLR(optimizer, [rise, main], [{warmup}])"
    )
    return Code(text, imports=tuple(map(_imported, (kind, "LambdaLR", "SequentialLR"))))


def written(kind: str, *arguments: str) -> Callable[[Mapping[str, Value], int, bool], Code]:
    """The code of a schedule whose arguments need no thought.

    Args:
        kind: As for `warmed_code`.
        *arguments: As for `warmed_code`; ``{name}`` stands for a parameter.
    """
    return lambda params, steps, momentum: warmed_code(
        kind, params, steps, *(argument.format(**params) for argument in arguments)
    )


def _imported(kind: str) -> str:
    return f"from torch.optim.lr_scheduler import {kind}"
