"""Which contract an entry is held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossviz.registry import (
    DatasetEntry,
    Entry,
    FunctionEntry,
    InitialiserEntry,
    LossEntry,
    ModelEntry,
    OptimizerEntry,
    ScheduleEntry,
)
from lossviz.testing.datasets import check_dataset
from lossviz.testing.functions import check_function
from lossviz.testing.initialisers import check_initialiser
from lossviz.testing.losses import check_loss
from lossviz.testing.models import check_model
from lossviz.testing.optimizers import check_optimizer
from lossviz.testing.schedules import check_schedule

#: A kind of entry, and its check; the check has a file of its own.
_KINDS: dict[type[Entry], Callable[[Any], None]] = {
    DatasetEntry: check_dataset,
    ModelEntry: check_model,
    LossEntry: check_loss,
    InitialiserEntry: check_initialiser,
    OptimizerEntry: check_optimizer,
    FunctionEntry: check_function,
    ScheduleEntry: check_schedule,
}


def check(entry: Entry) -> None:
    """Check an entry of any catalogue by the checks of its kind.

    Raises:
        AssertionError: When it breaks the contract.
        TypeError: When it is of no kind that has a contract here.
    """
    for kind, check_kind in _KINDS.items():
        if isinstance(entry, kind):
            return check_kind(entry)
    raise TypeError(f"Got a {type(entry).__name__}, expected one of the entries of the registry.")
