"""The settings of the training page in a session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lossviz.checkup import Checkup
from lossviz.registry import Value
from lossviz.ui.state import Kept

training: Kept[Checkup] = Kept(Checkup, "training")


def put(**changes: Any) -> None:
    """Change how the training is looked at."""
    training.edit(lambda checkup: replace(checkup, **changes))


def put_one(name: str, value: Value) -> None:
    """Change one value of it."""
    put(**{name: value})


def put_base(**changes: Any) -> None:
    """Change what is trained."""
    training.edit(lambda checkup: checkup.with_base(**changes))


def put_option(options: str, name: str, value: Value) -> None:
    """Change one option of a choice of what is trained."""

    def change(checkup: Checkup) -> tuple[Checkup, tuple[str, ...]]:
        return checkup.with_base(**{options: {**getattr(checkup.base, options), name: value}})

    training.edit(change)
