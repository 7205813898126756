"""The contract of an optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.registry import OptimizerEntry, SettingError, Value
from lossviz.testing.common import check_entry, corners, random_state_stays, require
from lossviz.testing.explained import check_explained


def check_optimizer(entry: OptimizerEntry) -> None:
    """Check an optimizer: it lowers a bowl, repeats itself, and trains one vector if it says so.

    What it tells of its steps and of its stability limit is checked too; see `check_explained`.
    """
    check_entry(entry)
    defaults = entry.defaults()
    losses, end = _descend(entry, defaults, 200)
    require(
        losses[-1] < losses[0],
        f"{entry.name}: 200 steps at the defaults take a bowl from {losses[0]:g} to "
        f"{losses[-1]:g}; it should go down.",
    )
    with random_state_stays(entry.name):
        _, again = _descend(entry, defaults, 200)
    require(torch.equal(end, again), f"{entry.name}: the same run gives other numbers again.")
    if entry.layout == "flat":
        _, flat = _descend(entry, defaults, 200, flat=True)
        require(
            torch.allclose(end, flat),
            f"{entry.name}: all tensors as one vector end elsewhere; say layout='tensors'.",
        )
    for params in corners(entry):
        try:
            _descend(entry, params, 3)
        except SettingError as error:
            require(str(error), f"{entry.name}({params}): the SettingError has no message.")
    if not entry.refuses([(2,)]):
        check_explained(entry)


def _descend(
    entry: OptimizerEntry, params: Mapping[str, Value], steps: int, flat: bool = False
) -> tuple[list[float], Tensor]:
    """Losses before each step and at the end on a bowl in 10 dimensions, and the end point."""
    start = torch.linspace(-1, 2, 10, dtype=torch.float64)
    parts = [start] if flat else [start[:6].reshape(2, 3), start[6:]]
    leaves = [nn.Parameter(part.clone()) for part in parts]
    optimizer: Any = entry.make(leaves, **params)
    curvature = torch.linspace(1, 5, 10, dtype=torch.float64)

    def loss() -> Tensor:
        point = torch.cat([leaf.reshape(-1) for leaf in leaves])
        return (curvature * point.square()).sum() / 2

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    losses = []
    for _ in range(steps):
        losses.append(loss().item())
        optimizer.step(closure)
    losses.append(loss().item())
    return losses, torch.cat([leaf.detach().reshape(-1) for leaf in leaves])
