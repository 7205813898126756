"""Every way in which an initialiser can break its contract is told."""

import torch

from lossviz.registry import InitialiserEntry
from tests.testing.told import count, told


def initialiser(make):
    return InitialiserEntry(name="i", title="I", about="I.", make=make, for_bias=True)


def test_initialisers():
    told(initialiser(lambda t, g: t.normal_()), "global random")
    told(initialiser(lambda t, g: t.fill_(torch.inf)), "is finite")
    told(initialiser(lambda t, g: t.fill_(count())), "other numbers")
