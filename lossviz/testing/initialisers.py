"""The contract of an initialiser."""

from __future__ import annotations

import torch

from lossviz.registry import InitialiserEntry
from lossviz.testing.common import check_entry, corners, random_state_stays, require


def check_initialiser(entry: InitialiserEntry) -> None:
    """Check an initialiser: finite, in place, and drawn from the given generator alone."""
    check_entry(entry)
    shapes: list[tuple[int, ...]] = [(5, 3), (4, 4), (2, 7)]
    if entry.for_bias:
        shapes.append((6,))
    for params in corners(entry):
        for shape in shapes:
            who = f"{entry.name}({params}) on {shape}"
            first, again = torch.ones(shape), torch.ones(shape)
            with torch.no_grad(), random_state_stays(who):
                entry.make(first, torch.Generator().manual_seed(0), **params)
                entry.make(again, torch.Generator().manual_seed(0), **params)
            require(
                first.shape == shape and bool(first.isfinite().all()),
                f"{who}: the tensor keeps its shape and is finite.",
            )
            require(torch.equal(first, again), f"{who}: the same seed gives other numbers again.")
