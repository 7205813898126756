"""From the cells of a column to a typed `Column`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossviz.datalab.numbers import day, is_missing, number
from lossviz.datalab.table import Column, Kind
from lossviz.settings import shorten

#: A column with so large a share of numbers is one of numbers with some faults in it.
MOSTLY = 0.9
#: A category has at most so many different values, and each in two rows or more on average.
MOST_LABELS = 50
#: Numbers beyond this count as missing: their squares would be infinite.
LARGEST = 1e100
#: Longer texts are cut where they are shown.
LONGEST_TEXT = 60


def column_of(name: str, cells: list[str], comma: bool = False) -> Column:
    """The column of these N cells, of the narrowest kind that fits.

    All numbers: a number (or an identifier, where they count the rows); all dates: a date; few
    different texts: a category; otherwise a text. Where nine of ten cells are numbers the others
    are taken for missing values, and the note says how many, and what one of them is.

    Args:
        name: The column's name.
        cells: Without blanks around them.
        comma: Whether fractions may stand after a comma.

    >>> column_of("size", ["1", "", "3"]).values
    array([ 1., nan,  3.])
    """
    # Most columns have few different texts, and each is looked at once.
    every = dict.fromkeys(cells)
    known = {cell: None for cell in every if not is_missing(cell)}
    numbers = {cell: value for cell in known if (value := number(cell, comma)) is not None}
    count = sum(cell in known for cell in cells)
    share = sum(cell in numbers for cell in cells) / count if count else 1.0
    if share >= MOSTLY:
        return _numbers(name, cells, known, numbers)
    dates = {cell: value for cell in known if (value := day(cell)) is not None}
    if len(dates) == len(known):
        return _dates(name, cells, dates)
    few = len(known) <= MOST_LABELS and 2 * len(known) <= max(count, 4)
    return _texts(name, cells, sorted(known), "category" if few else "text")


def _numbers(
    name: str, cells: list[str], known: dict[str, None], numbers: dict[str, float]
) -> Column:
    finite = {cell: value for cell, value in numbers.items() if abs(value) <= LARGEST}
    values = _values(cells, finite.get)
    junk = {cell: None for cell in known if cell not in finite}
    note = ""
    if junk:
        count = sum(cell in junk for cell in cells)
        note = (
            f"{count:,} of {len(cells):,} cells of {name!r} are no usable numbers, such as "
            f"{shorten(next(iter(junk)), 20)!r}; they count as missing."
        )
    return Column(name, "identifier" if _numbers_rows(values) else "number", values, note=note)


def _numbers_rows(values: np.ndarray) -> bool:
    """Whether the values are 0, 1, 2, ... or 1, 2, 3, ..."""
    return len(values) > 3 and bool((np.diff(values) == 1).all()) and values[0] in (0, 1)


def _dates(name: str, cells: list[str], dates: dict[str, float]) -> Column:
    first = min(dates, key=lambda cell: dates[cell])
    values = _values(cells, dates.get) - dates[first]
    note = f"{name!r} holds dates; they count as days since {shorten(first, 30)}."
    return Column(name, "date", values, note=note)


def _texts(name: str, cells: list[str], known: list[str], kind: Kind) -> Column:
    codes = {cell: float(place) for place, cell in enumerate(known)}
    return Column(name, kind, _values(cells, codes.get), _labels(known))


def _labels(known: list[str]) -> tuple[str, ...]:
    """Texts as they are shown; those that are alike when they are cut get a number.

    >>> _labels(["a" * 60, "a" * 61, "a" * 62, "b"])[1:] == ("a" * 60 + "...",
    ...     "a" * 60 + "... (2)", "b")
    True
    """
    counts: dict[str, int] = {}
    labels = []
    for cell in known:
        label = shorten(cell, LONGEST_TEXT)
        counts[label] = counts.get(label, 0) + 1
        labels.append(label if counts[label] == 1 else f"{label} ({counts[label]})")
    return tuple(labels)


def _values(cells: list[str], find: Callable[[str], float | None]) -> np.ndarray:
    """What is found for each cell (N,), NaN where it is nothing."""
    found = (find(cell) for cell in cells)
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)
