"""What a learning-rate schedule writes into an optimizer before each step."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lossviz.registry import SettingError, Value, schedules
from lossviz.settings import Options


@dataclass(frozen=True, eq=False)
class Table:
    """One group of parameters in each of n steps.

    Args:
        lr: The learning rates (n,).
        momentum: The momentum, or beta1, (n,) where the schedule turns it too; else None.
    """

    lr: array[float]
    momentum: array[float] | None


@dataclass(frozen=True, eq=False)
class Rates:
    """The schedule of one optimizer: a table for each of its groups.

    Args:
        optimizer: Into whose groups it writes.
        tables: One for each group; None for one without a learning rate.
        constant: Whether there is nothing to write.
    """

    optimizer: Optimizer
    tables: Sequence[Table | None]
    constant: bool

    @classmethod
    def of(
        cls, optimizer: Optimizer, schedule: str, options: Mapping[str, Value], steps: int
    ) -> Rates:
        """The schedule of a fresh optimizer over all steps of a run.

        Each group of parameters has a scheduler of its own, from its own learning rate.

        Raises:
            SettingError: When the schedule cannot be used.
        """
        groups = optimizer.param_groups
        if schedule == "constant" and not options.get("warmup"):
            still = [
                Table(array("d", [float(group["lr"])]), None) if "lr" in group else None
                for group in groups
            ]
            return cls(optimizer, still, True)
        tables = [
            table_of(schedule, Options(options), max(1, steps), _turned(group))
            if "lr" in group
            else None
            for group in groups
        ]
        return cls(optimizer, tables, False)

    def apply(self, step: int) -> None:
        """Set the optimizer up for the step after ``step`` steps."""
        for group, table in zip(self.optimizer.param_groups, self.tables, strict=True):
            if table is None:
                continue
            group["lr"] = table.lr[step]
            if table.momentum is None:
                continue
            if "betas" in group:
                group["betas"] = (table.momentum[step], *group["betas"][1:])
            else:
                group["momentum"] = table.momentum[step]

    def after(self, steps: Iterable[int]) -> np.ndarray:
        """The first group's learning rate for the step that follows each of these numbers of steps.

        After the last step it is that of the last step; not a number where there is none.
        """
        return _looked_up(self.tables[0].lr if self.tables and self.tables[0] else None, steps)

    def momenta_after(self, steps: Iterable[int]) -> np.ndarray:
        """The first group's momentum, or beta1, as `after`; not a number where it is not turned."""
        return _looked_up(
            self.tables[0].momentum if self.tables and self.tables[0] else None, steps
        )


def _looked_up(column: array[float] | None, steps: Iterable[int]) -> np.ndarray:
    """The entries of a column, its last one from there on; NaN where there is no column."""
    wanted = np.fromiter(steps, np.int64)
    if column is None:
        return np.full(len(wanted), np.nan)
    return np.asarray(column)[np.minimum(wanted, len(column) - 1)]


def _turned(group: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What a scheduler may turn in a group, as plain numbers."""
    turned: dict[str, Any] = {"lr": float(group["lr"])}
    if "momentum" in group:
        turned["momentum"] = float(group["momentum"])
    if "betas" in group:
        turned["betas"] = tuple(float(beta) for beta in group["betas"])
    return tuple(turned.items())


class _StandIn(Optimizer):
    """An optimizer of nothing, for a scheduler to turn."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do nothing."""


@lru_cache(maxsize=48)
def table_of(
    schedule: str, options: Options, steps: int, turned: tuple[tuple[str, Any], ...]
) -> Table:
    """What torch's scheduler does to a group with these numbers in each of the steps; kept.

    Args:
        schedule: The schedule's name in the catalogue.
        options: Its options.
        steps: How many steps, at least 1.
        turned: The group's ``lr``, and its ``momentum`` or ``betas`` where it has them.

    Raises:
        SettingError: When the scheduler refuses.
    """
    stand_in = _StandIn([Parameter(torch.empty(0))], dict(turned))
    (group,) = stand_in.param_groups
    entry = schedules[schedule]
    try:
        scheduler = entry.make(stand_in, steps, **options)
    except SettingError:
        raise
    except ValueError as error:
        raise SettingError(f"The schedule {schedule}: {error}") from error
    if type(scheduler) is LambdaLR:
        return _by_rule(scheduler, steps)
    # Schedulers warn when no step was taken before theirs.
    stand_in.step()
    lr, momentum = array("d"), array("d")
    for step in range(steps):
        if step:
            scheduler.step()
        lr.append(float(group["lr"]))
        momentum.append(_momentum(group))
    held = _momentum(dict(turned))
    return Table(lr, momentum if any(value != held for value in momentum) else None)


def _by_rule(scheduler: LambdaLR, steps: int) -> Table:
    """The table of a factor that is a rule of the step alone: what the scheduler would compute.

    Without its calls, 2 million steps take 0.5 s instead of 11.
    """
    (base,), (rule,) = scheduler.base_lrs, scheduler.lr_lambdas
    return Table(array("d", (float(base * rule(step)) for step in range(steps))), None)


def _momentum(group: Mapping[str, Any]) -> float:
    if "betas" in group:
        return float(group["betas"][0])
    return float(group.get("momentum", 0.0))
