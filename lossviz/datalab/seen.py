"""From the settings of a lab to all that is shown of its data, as pure functions of plain records.

lab = DataLab(source="wine")
seen = seen_of(lab)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.datalab.look import (
    MOST_CORRELATED,
    Counts,
    Summary,
    correlations,
    counts_of,
    edges_of,
    spread_out,
    summaries,
    summary_of,
)
from lossviz.datalab.prepare import Prepared, prepared, two_columns
from lossviz.datalab.table import Column, Table

#: So many rows of the table are shown.
MOST_SHOWN = 100


@dataclass(frozen=True, eq=False)
class Facet:
    """One column before cleaning, after it, and after scaling; categories are never scaled.

    Args:
        name: The column's name.
        kind: What it holds.
        role: "target", "input", or why it is neither.
        raw: All rows.
        clean: The rows that are left, with the same edges as ``raw`` where these fit; None for
            what is no input.
        scaled: The same after scaling.
        fences: Beyond which values are outliers; infinite where there are none.
        missing, outliers: How many there are, of training and of test rows.
        fill: What is filled in, as text; empty where nothing is.
    """

    name: str
    kind: str
    role: str
    raw: Summary | Counts
    clean: Summary | Counts | None = None
    scaled: Summary | Counts | None = None
    fences: tuple[float, float] = (-np.inf, np.inf)
    missing: tuple[int, int] = (0, 0)
    outliers: tuple[int, int] = (0, 0)
    fill: str = ""


@dataclass(frozen=True, eq=False)
class Scatter:
    """Two inputs against each other, at most `lossviz.datalab.look.MOST_POINTS` rows of them.

    Args:
        names: What x and y are.
        raw: (n, 2) before cleaning, complete rows.
        clean: (m, 2) after it.
        raw_targets: (n,) class numbers or values.
        clean_targets: (m,).
        far: (n,) whether a row lies beyond the fences of one of the two.
        fences: (2, 2) low and high of x, then of y.
    """

    names: tuple[str, str]
    raw: np.ndarray
    clean: np.ndarray
    raw_targets: np.ndarray
    clean_targets: np.ndarray
    far: np.ndarray
    fences: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    """All that is shown of the data.

    Args:
        name: The table's name.
        size: Rows and columns.
        split: Training and test rows before cleaning, and after it.
        columns: A facet for each column, the target last.
        order: The columns' names as they stand in the table.
        rows: The first rows as texts, in this order.
        numeric: The names in the correlations.
        correlated: (C, C) before cleaning and after it.
        scatter: The pair of inputs.
        classes: The classes' names; empty for values.
        balance: For each class its rows: training and test before cleaning, and after it; (C, 4).
        dropped: See `Cleaned`.
        target: What is predicted.
        inputs: The names of the numeric inputs.
        notes: What there is to say, a sentence each.
    """

    name: str
    size: tuple[int, int]
    split: tuple[tuple[int, int], tuple[int, int]]
    columns: tuple[Facet, ...]
    order: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...]
    correlated: tuple[np.ndarray, np.ndarray]
    scatter: Scatter
    classes: tuple[str, ...]
    balance: np.ndarray
    dropped: dict[str, tuple[int, int]]
    target: str
    inputs: tuple[str, ...]
    notes: tuple[str, ...]


def seen_of(lab: DataLab, table: Table | None = None) -> Seen:
    """All that is shown of the data of a lab; see `prepared`."""
    ready = prepared(lab, table)
    found, chosen, sample = ready.table, ready.chosen, ready.chosen.sample
    after = ready.clean.sample
    rows = range(min(found.rows, MOST_SHOWN))
    numeric = [place for place, label in enumerate(sample.labelled) if not label]
    numeric = numeric[:MOST_CORRELATED]
    return Seen(
        name=found.name,
        size=(found.rows, len(found.columns)),
        split=(_sides(sample.train), _sides(after.train)),
        columns=facets(ready),
        order=found.names,
        rows=tuple(tuple(column.shown(row) for column in found.columns) for row in rows),
        numeric=tuple(sample.names[place] for place in numeric),
        correlated=(
            correlations(sample.values[:, numeric]),
            correlations(after.values[:, numeric]),
        ),
        scatter=scatter(ready),
        classes=chosen.roles.classes,
        balance=balance(ready),
        dropped=ready.clean.dropped,
        target=chosen.roles.target.name,
        inputs=tuple(
            n for n, label in zip(sample.names, sample.labelled, strict=True) if not label
        ),
        notes=(*ready.notes, *found.notes, *_unsaid(chosen.notes, found.notes)),
    )


def _unsaid(notes: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(note for note in notes if note not in said)


def _sides(train: np.ndarray) -> tuple[int, int]:
    return int(train.sum()), int((~train).sum())


def facets(ready: Prepared) -> tuple[Facet, ...]:
    """A facet for each column: inputs, then what is left out, then the target."""
    names = ready.chosen.sample.names
    target = ready.chosen.roles.target
    others = [c for c in ready.table.columns if c.name not in (*names, target.name)]
    inputs = [_input(ready, place) for place in range(len(names))]
    left_out = [
        Facet(column.name, column.kind, column.useless or "is the same in all training rows",
              summaries(column))
        for column in others
    ]  # fmt: skip
    return (*inputs, *left_out, _target(ready, target))


def _input(ready: Prepared, place: int) -> Facet:
    column = ready.chosen.roles.inputs[place]
    found, after = ready.clean.found, ready.clean.sample.values[:, place]
    raw = ready.chosen.sample.values[:, place]
    low, high = found.low[place], found.high[place]
    if column.numeric:
        # Both on the same edges: what was clipped is seen to have moved.
        first: Summary | Counts = summary_of(raw)
        then: Summary | Counts = summary_of(after, edges_of(raw))
        last: Summary | Counts = summary_of(ready.scaled[:, place])
    else:
        first, then = counts_of(raw, column.labels), counts_of(after, column.labels)
        last = then
    return Facet(
        column.name,
        column.kind,
        "input",
        first,
        then,
        last,
        (float(low), float(high)),
        _two(found.missing[place]),
        _two(found.outliers[place]),
        _filled(column, found.fill[place]) if found.missing[place].any() else "",
    )


def _filled(column: Column, value: float) -> str:
    if np.isnan(value):
        return ""
    return column.labels[int(value)] if column.labels else f"{value:.4g}"


def _target(ready: Prepared, column: Column) -> Facet:
    found, after = ready.clean.target, ready.clean.sample.targets
    if found is None:
        values = ready.chosen.sample.targets
        classes = ready.chosen.roles.classes
        raw = counts_of(values, classes)
        return Facet(column.name, column.kind, "target", raw, counts_of(after, classes))
    values = ready.chosen.sample.targets
    return Facet(
        column.name,
        column.kind,
        "target",
        summary_of(values),
        summary_of(after, edges_of(values)),
        fences=(float(found.low[0]), float(found.high[0])),
        outliers=_two(found.outliers[0]),
    )


def _two(counts: np.ndarray) -> tuple[int, int]:
    return int(counts[0]), int(counts[1])


def scatter(ready: Prepared) -> Scatter:
    """The pair of inputs before cleaning and after it."""
    sample, after, found = ready.chosen.sample, ready.clean.sample, ready.clean.found
    first, second = ready.pair
    raw, clean = two_columns(sample.values, ready.pair), two_columns(after.values, ready.pair)
    there = np.flatnonzero(~np.isnan(raw).any(1))
    there = there[spread_out(len(there))]
    some = spread_out(len(clean))
    fences = np.array(
        [[found.low[first], found.high[first]],
         [found.low[second], found.high[second]] if second >= 0 else [-np.inf, np.inf]]
    )  # fmt: skip
    points = raw[there]
    far = ((points < fences[:, 0]) | (points > fences[:, 1])).any(1)
    names = (sample.names[first], sample.names[second] if second >= 0 else CONSTANT)
    return Scatter(
        names, points, clean[some], sample.targets[there], after.targets[some], far, fences
    )


def balance(ready: Prepared) -> np.ndarray:
    """The rows of each class (C, 4): training and test before cleaning, and after it."""
    count = len(ready.chosen.roles.classes)
    if not count:
        return np.zeros((0, 4), dtype=int)
    columns = []
    for sample in (ready.chosen.sample, ready.clean.sample):
        for side in (sample.train, ~sample.train):
            columns.append(np.bincount(sample.targets[side].astype(int), minlength=count)[:count])
    return np.stack(columns, axis=1)
