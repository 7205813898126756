"""Schedules along a cosine: down, down again and again, or up and down."""

from __future__ import annotations

from collections.abc import Mapping

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    LRScheduler,
    OneCycleLR,
)

from lossviz.registry import Code, Param, ScheduleEntry, Value, schedules
from lossviz.run.schedules.shared import WARMUP, share, warmed, warmed_code


def make_cosine(optimizer: Optimizer, steps: int, end: float, warmup: int) -> LRScheduler:
    """`torch.optim.lr_scheduler.CosineAnnealingLR`; the end is a share of the first group's lr."""
    lowest = end * optimizer.param_groups[0]["lr"]
    return warmed(optimizer, steps, warmup, lambda left: CosineAnnealingLR(optimizer, left, lowest))


def make_restarts(
    optimizer: Optimizer, steps: int, period: int, factor: int, warmup: int
) -> LRScheduler:
    """`torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`."""
    return warmed(
        optimizer,
        steps,
        warmup,
        lambda left: CosineAnnealingWarmRestarts(optimizer, period, factor),
    )


def make_one_cycle(
    optimizer: Optimizer,
    steps: int,
    peak: float,
    rising: float,
    cycle_momentum: bool,
    warmup: int,
) -> LRScheduler:
    """`torch.optim.lr_scheduler.OneCycleLR`.

    The momentum (or beta1) is turned only where the optimizer has one; torch would give momentum to
    plain gradient descent too.
    """
    highest = [peak * group["lr"] for group in optimizer.param_groups]
    has_momentum = all(g.get("momentum") or "betas" in g for g in optimizer.param_groups)

    def make(left: int) -> LRScheduler:
        # Where the rise is exactly one step long, torch would divide 0 by 0.
        share = rising * (1 - 1e-12) if rising * left == 1 else rising
        return OneCycleLR(
            optimizer,
            highest,
            total_steps=left,
            pct_start=share,
            cycle_momentum=cycle_momentum and has_momentum,
        )

    return warmed(optimizer, steps, warmup, make)


def cosine_code(params: Mapping[str, Value], steps: int, momentum: bool) -> Code:
    """A call of `CosineAnnealingLR`."""
    end = float(params["end"])
    least = [f"eta_min={share(end)}"] if end else []
    return warmed_code("CosineAnnealingLR", params, steps, "T_max=LEFT", *least)


def restarts_code(params: Mapping[str, Value], steps: int, momentum: bool) -> Code:
    """A call of `CosineAnnealingWarmRestarts`."""
    arguments = f"T_0={params['period']}", f"T_mult={params['factor']}"
    return warmed_code("CosineAnnealingWarmRestarts", params, steps, *arguments)


def one_cycle_code(params: Mapping[str, Value], steps: int, momentum: bool) -> Code:
    """A call of `OneCycleLR`."""
    rising, left = float(params["rising"]), max(1, steps - int(params["warmup"]))
    return warmed_code(
        "OneCycleLR",
        params,
        steps,
        f"max_lr={share(float(params['peak']))}",
        "total_steps=LEFT",
        f"pct_start={rising * (1 - 1e-12) if rising * left == 1 else rising!r}",
        f"cycle_momentum={bool(params['cycle_momentum']) and momentum}",
    )


schedules.add(
    ScheduleEntry(
        name="cosine",
        title="Cosine",
        about="Down along half a cosine over the run: slowly, then fast, then slowly.",
        make=make_cosine,
        code=cosine_code,
        formula=r"\eta_t = \eta \left(e + (1 - e)\, \tfrac12 (1 + \cos \tfrac{\pi t}{T})\right)",
        cite="Loshchilov and Hutter 2017",
        params=(
            Param("end", 0.0, 0.0, 1.0, "linear", "Share of the rate that is left at the end."),
            WARMUP,
        ),
    )
)

schedules.add(
    ScheduleEntry(
        name="restarts",
        title="Cosine with warm restarts",
        about="Down along half a cosine, then up at once and down again.",
        make=make_restarts,
        code=restarts_code,
        formula=r"\eta_t = \eta\, \tfrac12 \left(1 + \cos \tfrac{\pi s}{T_i}\right), \quad "
        r"T_{i+1} = k\, T_i",
        cite="Loshchilov and Hutter 2017",
        params=(
            Param("period", 50, 1, 10_000, "log", "Steps to the first restart."),
            Param("factor", 1, 1, 10, "linear", "Each period is so many times the last one."),
            WARMUP,
        ),
    )
)

schedules.add(
    ScheduleEntry(
        name="one_cycle",
        title="One cycle",
        about="From 1/25 of the peak up to it, then down to nearly nothing; momentum the other "
        "way.",
        make=make_one_cycle,
        code=one_cycle_code,
        formula=r"\tfrac{p \eta}{25} \to p \eta \to \tfrac{p \eta}{25 \cdot 10^4}",
        cite="Smith and Topin 2018",
        params=(
            Param("peak", 1.0, 0.1, 100.0, "log", "The highest rate, over the learning rate."),
            Param("rising", 0.3, 0.0, 0.99, "linear", "Share of the run on the way up."),
            Param(
                "cycle_momentum",
                True,
                help="Momentum or beta1, where there is one, from 0.95 to 0.85 and back.",
            ),
            WARMUP,
        ),
    )
)
