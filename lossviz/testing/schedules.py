"""The contract of a learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch.nn import Parameter
from torch.optim import SGD, Adam, Optimizer

from lossviz.registry import ScheduleEntry, SettingError, Value
from lossviz.run.rates import Rates
from lossviz.testing.common import check_entry, corners, random_state_stays, require

#: Runs of so many steps are checked.
LENGTHS = (1, 2, 50)


def check_schedule(entry: ScheduleEntry) -> None:
    """Check a schedule: sound rates for every length of run, the same each time.

    What a race writes into its optimizers equals a plain loop with torch's scheduler.
    """
    check_entry(entry)
    for params in corners(entry):
        who = f"{entry.name}({params})"
        for steps in LENGTHS:
            try:
                rates = _plain(entry, params, steps, _sgd())
            except SettingError as error:
                require(str(error), f"{who}: the SettingError has no message.")
                continue
            require(
                all(math.isfinite(rate) and rate >= 0 for rate in rates),
                f"{who}: over {steps} steps the rates are {rates}; they must be numbers from 0 up.",
            )
            with random_state_stays(who):
                again = _plain(entry, params, steps, _sgd())
            require(rates == again, f"{who}: a second scheduler gives other rates.")
            for make in (_sgd, _adam):
                _check_table(entry, params, steps, make(), make())


def _check_table(
    entry: ScheduleEntry,
    params: Mapping[str, Value],
    steps: int,
    optimizer: Optimizer,
    twin: Optimizer,
) -> None:
    scheduler = entry.make(twin, steps, **params)
    rates = Rates.of(optimizer, entry.name, params, steps)
    for step in range(steps):
        if not rates.constant:
            rates.apply(step)
        ours, theirs = _turned(optimizer), _turned(twin)
        require(
            ours == theirs,
            f"{entry.name}({params}): step {step} of {steps} has {ours} in a race, but {theirs} in "
            "a plain loop.",
        )
        twin.step()
        scheduler.step()


def _plain(
    entry: ScheduleEntry, params: Mapping[str, Value], steps: int, optimizer: Optimizer
) -> list[float]:
    """The rates of a plain loop, one for each step."""
    scheduler = entry.make(optimizer, steps, **params)
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def _turned(optimizer: Optimizer) -> list[object]:
    return [optimizer.param_groups[0].get(name) for name in ("lr", "momentum", "betas")]


def _sgd() -> Optimizer:
    return SGD([Parameter(torch.zeros(1))], lr=0.3, momentum=0.9)


def _adam() -> Optimizer:
    return Adam([Parameter(torch.zeros(1))], lr=0.01)
