"""Schedules that go one way: down, or not at all."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    PolynomialLR,
    StepLR,
)

from lossviz.registry import Param, ScheduleEntry, schedules
from lossviz.run.schedules.shared import WARMUP, warmed, written


def make_constant(optimizer: Optimizer, steps: int, warmup: int) -> LRScheduler:
    """`LambdaLR` of 1."""
    return warmed(optimizer, steps, warmup, lambda left: LambdaLR(optimizer, lambda step: 1.0))


def make_step(
    optimizer: Optimizer, steps: int, every: int, gamma: float, warmup: int
) -> LRScheduler:
    """`torch.optim.lr_scheduler.StepLR`."""
    return warmed(optimizer, steps, warmup, lambda left: StepLR(optimizer, every, gamma))


def make_exponential(optimizer: Optimizer, steps: int, gamma: float, warmup: int) -> LRScheduler:
    """`torch.optim.lr_scheduler.ExponentialLR`."""
    return warmed(optimizer, steps, warmup, lambda left: ExponentialLR(optimizer, gamma))


def make_linear(optimizer: Optimizer, steps: int, end: float, warmup: int) -> LRScheduler:
    """`torch.optim.lr_scheduler.LinearLR`."""
    return warmed(optimizer, steps, warmup, lambda left: LinearLR(optimizer, 1.0, end, left))


def make_polynomial(optimizer: Optimizer, steps: int, power: float, warmup: int) -> LRScheduler:
    """`torch.optim.lr_scheduler.PolynomialLR`."""
    return warmed(optimizer, steps, warmup, lambda left: PolynomialLR(optimizer, left, power))


def make_inverse_sqrt(optimizer: Optimizer, steps: int, warmup: int) -> LRScheduler:
    """`torch.optim.lr_scheduler.LambdaLR` of 1 / sqrt(t), with t from 1."""
    return warmed(
        optimizer, steps, warmup, lambda left: LambdaLR(optimizer, lambda step: (step + 1) ** -0.5)
    )


schedules.add(
    ScheduleEntry(
        name="constant",
        title="Constant",
        about="The same learning rate in every step.",
        make=make_constant,
        code=written("LambdaLR", "lambda step: 1.0"),
        formula=r"\eta_t = \eta",
        params=(WARMUP,),
    )
)

schedules.add(
    ScheduleEntry(
        name="step",
        title="Steps",
        about="Multiplied by gamma every n steps.",
        make=make_step,
        code=written("StepLR", "step_size={every}", "gamma={gamma}"),
        formula=r"\eta_t = \eta\, \gamma^{\lfloor t / n \rfloor}",
        params=(
            Param("every", 100, 1, 10_000, "log", "Steps between two drops.", title="every"),
            Param("gamma", 0.1, 0.0, 1.0, "linear", "Factor of each drop."),
            WARMUP,
        ),
    )
)

schedules.add(
    ScheduleEntry(
        name="exponential",
        title="Exponential",
        about="Multiplied by gamma in every step.",
        make=make_exponential,
        code=written("ExponentialLR", "gamma={gamma}"),
        formula=r"\eta_t = \eta\, \gamma^t",
        params=(Param("gamma", 0.99, 0.5, 1.0, "linear", "Factor of each step."), WARMUP),
    )
)

schedules.add(
    ScheduleEntry(
        name="linear",
        title="Linear decay",
        about="Down in a straight line over the run.",
        make=make_linear,
        code=written("LinearLR", "start_factor=1.0", "end_factor={end}", "total_iters=LEFT"),
        formula=r"\eta_t = \eta \left(1 - (1 - e)\, \tfrac{t}{T}\right)",
        params=(
            Param("end", 0.0, 0.0, 1.0, "linear", "Share of the rate that is left at the end."),
            WARMUP,
        ),
    )
)

schedules.add(
    ScheduleEntry(
        name="polynomial",
        title="Polynomial decay",
        about="Down to 0 over the run, along a power of the steps that are left.",
        make=make_polynomial,
        code=written("PolynomialLR", "total_iters=LEFT", "power={power}"),
        formula=r"\eta_t = \eta \left(1 - \tfrac{t}{T}\right)^p",
        params=(Param("power", 2.0, 0.1, 10.0, "log", "Power of the share left."), WARMUP),
    )
)

schedules.add(
    ScheduleEntry(
        name="inverse_sqrt",
        title="Inverse square root",
        about="Falls with the root of the number of steps, as proofs of convergence ask for.",
        make=make_inverse_sqrt,
        code=written("LambdaLR", "lambda step: (step + 1) ** -0.5"),
        formula=r"\eta_t = \frac{\eta}{\sqrt{t + 1}}",
        cite="Robbins and Monro 1951; Vaswani et al. 2017",
        params=(WARMUP,),
    )
)
