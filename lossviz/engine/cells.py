"""A large surface as plain data: which cells come when, and `take_cells`, which evaluates some.

A call evaluates many points, and how they share calls shows in the last bits of some models. The
cells of the full grid are therefore evaluated in the very calls of `lossviz.surface.evaluate`,
after a coarse part of the grid that is evaluated for itself. Models that are called for each point
by itself have the same bits in any order: there nothing is evaluated twice.
"""

from __future__ import annotations

import functools
import threading
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from lossviz.plane import Plane
from lossviz.problem import Problem
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Split
from lossviz.run.state import problem_of
from lossviz.surface import Layer, PlaneLosses
from lossviz.surface.losses import mixtures
from lossviz.surface.refine import levels, seconds_each
from lossviz.surface.scores import check_accuracy

#: So many scans' prepared layers are kept by a worker.
PREPARED = 4


@dataclass(frozen=True)
class Leg:
    """Cells that are evaluated one after the other.

    Args:
        level: Counts the levels, from coarse to fine.
        split: The samples over which they are evaluated.
        cells: Their places in the grid, row by row.
        portion: So many are one call.
    """

    level: int
    split: Split
    cells: Tensor
    portion: int


@dataclass(frozen=True, eq=False)
class Cells:
    """Where a scan stands; plain data that can be pickled.

    Args:
        recipe: What `lossviz.run.state.problem_of` builds the problem from.
        plane: Where the grid lies.
        x, y: The full grid, (nx,) and (ny,) float64.
        layers: What is evaluated at each point.
        portions: For each split that the layers ask for, how many points are one call.
        coarse: Points on a side of the first level, about.
        statistics: What batch normalisation uses, or None for the problem's own choice.
        buffers: Buffers in place of those that the problem's module came with, or None.
        step: Evaluations that are done; one point on both splits counts as two.
        token: Tells this scan from others.
    """

    recipe: Hashable
    plane: Plane
    x: Tensor
    y: Tensor
    layers: tuple[Layer, ...]
    portions: tuple[tuple[Split, int], ...]
    coarse: int
    statistics: Statistics | None = None
    buffers: Mapping[str, Tensor] | None = None
    step: int = 0
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All cells in the order of their evaluation."""
        return _legs(len(self.x), len(self.y), self.coarse, self.portions)

    @property
    def steps(self) -> int:
        """Evaluations in all."""
        return sum(len(leg.cells) for leg in self.legs)

    @property
    def done(self) -> bool:
        """Whether all cells are evaluated."""
        return self.step >= self.steps

    def problem(self) -> Problem:
        """The problem, with the statistics that are asked for."""
        return _chosen(problem_of(self.recipe), self.statistics, self.buffers)

    def wanted(self, split: Split) -> tuple[Layer, ...]:
        """The layers of one split, loss before accuracy."""
        own = (layer for layer in self.layers if layer.startswith(split))
        return tuple(sorted(own, key=lambda layer: layer.endswith("accuracy")))


@dataclass(frozen=True, eq=False)
class Heights:
    """What `take_cells` found.

    Args:
        leg: The number of the leg.
        first: The number of its first cell within that leg.
        values: (L, n), for each of the split's layers the heights of n cells.
    """

    leg: int
    first: int
    values: Tensor


def start_cells(
    recipe: Hashable,
    plane: Plane,
    x: Tensor,
    y: Tensor,
    layers: Sequence[Layer],
    coarse: int,
    statistics: Statistics | None = None,
    buffers: Mapping[str, Tensor] | None = None,
) -> Cells:
    """A scan before its first cell; the arguments are those of `Cells`.

    Raises:
        ValueError: When the plane is of another model, or the problem does not have such layers.
    """
    problem = _chosen(problem_of(recipe), statistics, buffers)
    if any(layer.endswith("accuracy") for layer in layers):
        check_accuracy(problem)
    splits: tuple[Split, ...] = ("train", "test")
    portions = tuple(
        (split, PlaneLosses(problem, plane, split).portion)
        for split in splits
        if any(layer.startswith(split) for layer in layers)
    )
    return Cells(recipe, plane, x, y, tuple(layers), portions, coarse, statistics, buffers)


def take_cells(state: Cells, n: int) -> tuple[Cells, Heights]:
    """Evaluate about ``n`` cells more: whole calls, and none beyond the end of a leg.

    A pure function; how the cells are cut does not show in the numbers.
    """
    number, first = _place(state)
    leg = state.legs[number]
    count = -(-n // leg.portion) * leg.portion
    cells = leg.cells[first : first + count]
    rows, columns = cells // len(state.x), cells % len(state.x)
    coords = torch.stack([state.x[columns], state.y[rows]], dim=1)
    values = _heights(state, leg.split, coords)
    return replace(state, step=state.step + len(cells)), Heights(number, first, values)


def seconds_of(state: Cells) -> float:
    """The seconds that all evaluations of a scan will take, from a probe of a few of them."""
    seconds = 0.0
    for split, _ in state.portions:
        count = sum(len(leg.cells) for leg in state.legs if leg.split == split)
        seconds += seconds_each(_losses(state, split), count) * count
    return seconds


def _place(state: Cells) -> tuple[int, int]:
    """The leg that is next, and which of its cells."""
    first = state.step
    for number, leg in enumerate(state.legs):
        if first < len(leg.cells):
            return number, first
        first -= len(leg.cells)
    raise ValueError("All cells of this scan are evaluated.")


@functools.lru_cache(maxsize=8)
def _legs(
    nx: int, ny: int, coarse: int, portions: tuple[tuple[Split, int], ...]
) -> tuple[Leg, ...]:
    nested = levels(nx, ny, coarse)
    if any(portion > 1 for _, portion in portions) and len(nested) > 1:
        # Cells in between would be evaluated twice, and such models are quick.
        nested = [nested[0], nested[-1]]
    known = {split: torch.zeros(ny, nx, dtype=torch.bool) for split, _ in portions}
    legs = []
    for level, (columns, rows) in enumerate(nested):
        wanted = torch.zeros(ny, nx, dtype=torch.bool)
        wanted[rows[:, None], columns] = True
        for split, portion in portions:
            new = wanted & ~known[split] if portion == 1 else wanted
            known[split] |= wanted
            legs.append(Leg(level, split, new.reshape(-1).nonzero()[:, 0], portion))
    return tuple(legs)


def _chosen(
    problem: Problem, statistics: Statistics | None, buffers: Mapping[str, Tensor] | None
) -> Problem:
    if statistics is None and buffers is None:
        return problem
    own: Statistics = getattr(problem.model, "statistics", "frozen")
    return problem.with_statistics(statistics or own, buffers)


def _heights(state: Cells, split: Split, coords: Tensor) -> Tensor:
    """The layers of a split (L, n) at coordinates (n, 2)."""
    losses = _losses(state, split)
    wanted = state.wanted(split)
    if not wanted[-1].endswith("accuracy"):
        return losses(coords)[None]
    both = torch.stack(losses.with_accuracy(mixtures(coords)))
    return both[-len(wanted) :]


_prepared: OrderedDict[Hashable, PlaneLosses] = OrderedDict()
_lock = threading.Lock()


def _losses(state: Cells, split: Split) -> PlaneLosses:
    """What evaluates a split, prepared once for all chunks of a scan that come to this process."""
    # They write into memory of their own, so no two threads may share one.
    key = state.token, split, threading.get_ident()
    with _lock:
        found = _prepared.pop(key, None)
    if found is None:
        found = PlaneLosses(state.problem(), state.plane, split)
    with _lock:
        _prepared[key] = found
        while len(_prepared) > PREPARED:
            _prepared.popitem(last=False)
    return found
