"""`Table`: columns of mixed kinds as a file or a data set gives them, missing values included.

What a problem trains on is a `lossviz.problem.data.Table` of complete numbers; between the two
stands the cleaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from lossviz.registry import UnknownNameError

#: What a column holds. A "text" (nearly every row another one) and an "identifier" (1, 2, 3, ...)
#: say nothing about further rows, and are shown only.
Kind = Literal["number", "category", "date", "text", "identifier"]


@dataclass(frozen=True, eq=False)
class Column:
    """One column of N rows.

    Args:
        name: Unique in its table.
        kind: See `Kind`.
        values: (N,) float64, NaN where a value is missing: the number; of a date the days since
            the first date of the column; otherwise a place in ``labels``.
        labels: The different texts of a category or a text, in order; empty for numbers.
        note: What was done to read it, as a sentence; empty when nothing was.

    >>> Column("size", "category", np.array([1.0, 0.0, np.nan]), ("large", "small")).shown(0)
    'small'
    """

    name: str
    kind: Kind
    values: np.ndarray
    labels: tuple[str, ...] = ()
    note: str = ""

    @property
    def missing(self) -> np.ndarray:
        """Where there is no value (N,)."""
        return np.isnan(self.values)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(np.unique(self.values[~self.missing]))

    @property
    def numeric(self) -> bool:
        """Whether sums and distances of its values mean something."""
        return self.kind in ("number", "date")

    @property
    def useless(self) -> str:
        """Why nothing can be learnt from it, as the rest of a sentence; empty when it can."""
        if self.kind == "text":
            return "is text, nearly every row another one"
        if self.kind == "identifier":
            return "only counts the rows"
        if not self.distinct:
            return "has no values"
        return "is the same in every row" if self.distinct == 1 else ""

    def shown(self, row: int) -> str:
        """The value of a row as a person reads it; empty where it is missing."""
        value = self.values[row]
        if np.isnan(value):
            return ""
        return self.labels[int(value)] if self.labels else f"{value:.6g}"


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of equal length.

    Args:
        name: What it is called: a file's name, or a data set's.
        columns: One or more.
        notes: What was noticed on reading it, a sentence each.
        target: The column that is usually predicted; empty when nobody said.
    """

    name: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    target: str = ""

    @property
    def rows(self) -> int:
        """N."""
        return len(self.columns[0].values)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; raises `UnknownNameError`, which lists the known ones."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(f"column in {self.name}", name, self.names)
