"""Two inputs and a target on raw, cleaned and scaled data: what one small model is trained on.

Targets are values less their training mean, or +1 for one class and -1 for all the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossviz.datalab.clean import Sample, complete
from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.datalab.prepare import Prepared, prepared, two_columns
from lossviz.datalab.table import Table
from lossviz.problem.scaling import fitted
from lossviz.registry import SettingError

#: The states of the data, in the order in which one becomes the next.
STATES = ("raw", "cleaned", "scaled")
#: The network trains on at most so many of the training rows, so that it answers at once.
NETWORK_ROWS = 500


@dataclass(frozen=True, eq=False)
class Pair:
    """Two inputs and a target in numbers, on one state of the data.

    Args:
        name: One of `STATES`.
        inputs: (n, 2) of the training rows, in the columns' units, or in those of the scaling.
        targets: (n,).
        test_inputs: (m, 2).
        test_targets: (m,).
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray


@dataclass(frozen=True, eq=False)
class Pairs:
    """The same two inputs and the same target on all states of the data.

    Args:
        states: A pair for each of `STATES`; all have the same test rows.
        inputs: The names of the two inputs.
        target: The column that is predicted.
        positive: Of classes the one that counts as +1, all others as -1; empty for values.
        notes: What was left out, a sentence each.
    """

    states: tuple[Pair, ...]
    inputs: tuple[str, str]
    target: str
    positive: str
    notes: tuple[str, ...]

    @property
    def classes(self) -> bool:
        """Whether the target is a class."""
        return bool(self.positive)


def pairs_of(lab: DataLab, table: Table | None = None) -> Pairs:
    """The two inputs and the target before cleaning, after it, and after scaling.

    Before cleaning, rows that lack one of the two inputs are left out, for nothing can be computed
    with them. All three are tested on the same rows: those that none of them lost.

    Args:
        lab: The settings.
        table: What was uploaded; None for a data set of the catalogue.

    Raises:
        SettingError: When fewer than two training rows are left without cleaning, and as in
            `lossviz.datalab.prepare.prepared`.
    """
    ready = prepared(lab, table)
    raw, clean = _raw_and_clean(ready)
    notes: list[str] = []
    if lab.model == "network":
        raw, clean = (_fewer(pair, lab.data_seed, notes) for pair in (raw, clean))
    names, roles = ready.chosen.sample.names, ready.chosen.roles
    first, second = ready.pair
    return Pairs(
        states=(raw, clean, _scaled(lab.scaling, clean, ready)),
        inputs=(names[first], CONSTANT if second < 0 else names[second]),
        target=roles.target.name,
        positive=roles.classes[0] if roles.classes else "",
        notes=tuple(dict.fromkeys(notes)),
    )


def _raw_and_clean(ready: Prepared) -> tuple[Pair, Pair]:
    sample, after = ready.chosen.sample, ready.clean.sample
    bare = complete(_narrowed(sample, ready.pair))
    if bare.sample.train.sum() < 2:
        raise SettingError(
            "Fewer than two training rows have both inputs, so nothing can be trained on the raw "
            "data. Choose other inputs."
        )
    common = bare.kept & ready.clean.kept & ~sample.train
    return (
        _pair("raw", bare.sample, (0, 1), common[bare.kept]),
        _pair("cleaned", after, ready.pair, common[ready.clean.kept]),
    )


def _narrowed(sample: Sample, pair: tuple[int, int]) -> Sample:
    """The sample with two inputs only, neither of them labels."""
    return replace(
        sample,
        names=("x1", "x2"),
        values=two_columns(sample.values, pair),
        labelled=np.zeros(2, dtype=bool),
    )


def _pair(name: str, sample: Sample, pair: tuple[int, int], test: np.ndarray) -> Pair:
    """The numbers of a state; targets of values are shifted by their training mean."""
    inputs, targets, train = two_columns(sample.values, pair), sample.targets, sample.train
    if sample.classes:
        targets = np.where(targets == 0, 1.0, -1.0)
    else:
        targets = targets - targets[train].mean()
    return Pair(name, inputs[train], targets[train], inputs[test], targets[test])


def _fewer(pair: Pair, seed: int, notes: list[str]) -> Pair:
    count = len(pair.targets)
    if count <= NETWORK_ROWS:
        return pair
    notes.append(
        f"The network trains on {NETWORK_ROWS:,} of the training rows, drawn at random, so that "
        "it answers at once."
    )
    rows = np.sort(np.random.default_rng(seed).choice(count, NETWORK_ROWS, replace=False))
    return replace(pair, inputs=pair.inputs[rows], targets=pair.targets[rows])


def _scaled(scaling: str, pair: Pair, ready: Prepared) -> Pair:
    """The pair after scaling; a constant stays 1, and values are measured in their own spread."""
    fit = fitted(pair.inputs, scaling)
    inputs, test_inputs = fit(pair.inputs), fit(pair.test_inputs)
    if ready.pair[1] < 0:
        inputs[:, 1], test_inputs[:, 1] = 1.0, 1.0
    targets, test_targets = pair.targets, pair.test_targets
    if not ready.chosen.sample.classes:
        width = fitted(targets[:, None], scaling).width[0]
        targets, test_targets = targets / width, test_targets / width
    return Pair("scaled", inputs, targets, test_inputs, test_targets)
