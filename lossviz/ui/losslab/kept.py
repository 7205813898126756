"""The settings of the page of losses in a session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lossviz.losslab import LossLab
from lossviz.ui.state import Kept

lab: Kept[LossLab] = Kept(LossLab, "losses")


def put(**changes: Any) -> None:
    """Change settings of the lab."""
    lab.edit(lambda now: replace(now, **changes))


def put_one(name: str, value: Any) -> None:
    """Change one setting."""
    put(**{name: value})
