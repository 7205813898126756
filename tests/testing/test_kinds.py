"""Every entry passes the checks of its kind."""

import pytest

import lossviz.run.optimizers  # noqa: F401 - fills the catalogues of optimizers and schedules
from lossviz import registry, testing
from lossviz.registry import load_contrib

load_contrib()
CATALOGUES = (
    registry.datasets,
    registry.models,
    registry.losses,
    registry.initialisers,
    registry.optimizers,
    registry.functions,
    registry.schedules,
)
ENTRIES = [pytest.param(e, id=f"{c.kind} {e.name}") for c in CATALOGUES for e in c]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_keeps_the_contract(entry):
    testing.check(entry)


def test_only_entries_can_be_checked():
    with pytest.raises(TypeError, match="Got a str"):
        testing.check("mse")
