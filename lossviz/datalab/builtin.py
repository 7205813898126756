"""A data set of the catalogue as a `Table`, and dirt that is put into it on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lossviz import registry
from lossviz.datalab.table import Column, Table
from lossviz.registry import Value

#: Outliers lie so many times the spread of their column away from its middle.
NEAREST, FARTHEST = 6.0, 12.0


def names_of_tables() -> tuple[str, ...]:
    """The data sets of the catalogue that are tables: their inputs stand in no order."""
    return tuple(e.name for e in registry.datasets if e.shape(e.defaults()).kind == "features")


def built_in(name: str, params: Mapping[str, Value], seed: int) -> Table:
    """A data set as a table; its last column is the target.

    Args:
        name: Its name in the catalogue, one of `names_of_tables`.
        params: Its parameters.
        seed: Of the samples.

    >>> table = built_in("iris", {"samples": 150, "features": "two"}, 0)
    >>> table.names, table.column("class").labels[0]
    (('petal length (cm)', 'petal width (cm)', 'class'), 'setosa')
    """
    entry = registry.datasets[name]
    found = entry.make(np.random.default_rng(seed), **entry.complete(params))
    inputs = tuple(
        Column(feature, "number", np.array(values, dtype=np.float64))
        for feature, values in zip(found.feature_names, found.inputs.T, strict=True)
    )
    kind: registry.Task = entry.shape(entry.complete(params)).task
    target = Column(
        found.target_name,
        "category" if kind == "classification" else "number",
        np.array(found.targets, dtype=np.float64),
        found.class_names,
    )
    return Table(entry.title, (*inputs, target), target=found.target_name)


def soiled(table: Table, target: str, missing: float, outliers: float, seed: int) -> Table:
    """The table with values taken away and values put far off, in all numeric columns.

    Each share is of the cells: round(share N) of each numeric input, at random rows. An outlier is
    moved 6 to 12 standard deviations from the mean, up or down. Nothing is taken from the target,
    which could then not be learnt; where it is a number, it gets outliers too.

    Args:
        table: Stays as it is.
        target: The name of the target.
        missing: The share of the cells whose value is taken away.
        outliers: The share of those that are put far off.
        seed: Of the places and the distances.
    """
    rng = np.random.default_rng(seed)
    columns = [
        _soil(rng, column, 0.0 if column.name == target else missing, outliers)
        if column.numeric
        else column
        for column in table.columns
    ]
    return replace(table, columns=tuple(columns))


def _soil(rng: np.random.Generator, column: Column, missing: float, outliers: float) -> Column:
    values = column.values.copy()
    known = np.flatnonzero(~column.missing)
    spread = values[known].std() if len(known) else 0.0
    # Drawn always and for all rows, so that a larger share adds to the dirt and moves none of it.
    order = rng.permutation(known)
    far = rng.uniform(NEAREST, FARTHEST, len(known)) * rng.choice([-1.0, 1.0], len(known))
    count = round(outliers * len(known))
    if count:
        values[order[:count]] = values[known].mean() + far[:count] * spread
    count = round(missing * len(known))
    if count:
        values[order[len(order) - count :]] = np.nan
    return replace(column, values=values)
