"""Every way in which a schedule can break its contract is told."""

import random

import pytest
from torch.optim.lr_scheduler import LambdaLR

from lossviz.registry import Param, ScheduleEntry, SettingError, schedules
from tests.testing.told import told


def schedule(make, **more):
    return ScheduleEntry(name="s", title="S", about="S.", make=make, **more)


def refusing(optimizer, steps, on):
    if on:
        raise SettingError("")
    return LambdaLR(optimizer, lambda step: 1.0)


def rolling(optimizer, steps):
    dice = random.Random()
    return LambdaLR(optimizer, lambda step: dice.random())


class Other(LambdaLR):
    """Looks at more of its optimizer than a scheduler is given."""

    def __init__(self, optimizer):
        share = 0.5 if "foreach" in optimizer.param_groups[0] else 1.0
        super().__init__(optimizer, lambda step: share)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (schedule(lambda o, steps: LambdaLR(o, lambda t: 1.0 - t)), "numbers from 0 up"),
        (schedule(lambda o, steps: LambdaLR(o, lambda t: float("nan"))), "numbers from 0 up"),
        (schedule(rolling), "a second scheduler"),
        (
            schedule(refusing, params=(Param("on", False, help="Refuses."),)),
            "SettingError has no message",
        ),
        (schedule(lambda o, steps: Other(o)), "in a plain loop"),
    ],
)
def test_schedules(entry, words, monkeypatch):
    monkeypatch.setitem(schedules._entries, entry.name, entry)
    told(entry, words)
