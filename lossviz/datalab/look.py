"""What a table looks like: a summary of each column, pairs of columns, classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossviz.datalab.table import Column

#: Bars of a histogram, and of a category.
MOST_BINS = 24
MOST_BARS = 8
#: Columns in a matrix of correlations, and points in a scatter plot.
MOST_CORRELATED = 16
MOST_POINTS = 800


@dataclass(frozen=True, eq=False)
class Summary:
    """The values of a column in a few numbers.

    Args:
        count: How many there are.
        missing: How many are not there.
        mean, spread: The mean and the standard deviation (divided by n); NaN without values.
        five: The least, the quartiles with the median between them, the greatest; (5,).
        edges: (B + 1,) between which the bars of a histogram stand.
        bars: (B,) how many values lie between two edges, the last one closed.
    """

    count: int
    missing: int
    mean: float
    spread: float
    five: np.ndarray
    edges: np.ndarray
    bars: np.ndarray


@dataclass(frozen=True, eq=False)
class Counts:
    """The values of a category: the most frequent labels, and how often each is there.

    Args:
        labels: At most `MOST_BARS`, the most frequent first.
        bars: How often.
        others: How many values have another label.
        missing: How many are not there.
    """

    labels: tuple[str, ...]
    bars: np.ndarray
    others: int
    missing: int


def edges_of(values: np.ndarray, bins: int = MOST_BINS) -> np.ndarray:
    """Evenly spaced edges (B + 1,) around finite values.

    As many bars as the square root of the number of values asks for, and no narrower than the
    distance of whole numbers where all are whole.

    >>> edges_of(np.array([1.0, 2.0, 2.0, 3.0])).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return np.array([0.0, 1.0])
    low, high = float(known.min()), float(known.max())
    if low == high:
        half = max(0.5, 1e-6 * abs(low))
        return np.array([low - half, low + half])
    if high - low < bins and (known == np.round(known)).all():
        return np.arange(low - 0.5, high + 1)
    count = int(min(bins, max(5, np.ceil(np.sqrt(len(known))))))
    return np.linspace(low, high, count + 1)


def summary_of(values: np.ndarray, edges: np.ndarray | None = None) -> Summary:
    """The summary of a column (N,), NaN where a value is missing.

    Args:
        values: In any unit.
        edges: Of the bars, to compare two columns; those of `edges_of` when not given. Values
            outside are not drawn, but counted.
    """
    known = values[~np.isnan(values)]
    edges = edges_of(known) if edges is None else edges
    bars = np.histogram(known, edges)[0]
    nothing = np.full(5, np.nan)
    five = np.quantile(known, (0, 0.25, 0.5, 0.75, 1)) if len(known) else nothing
    return Summary(
        len(known),
        len(values) - len(known),
        float(known.mean()) if len(known) else np.nan,
        float(known.std()) if len(known) else np.nan,
        five,
        edges,
        bars,
    )


def counts_of(values: np.ndarray, labels: Sequence[str]) -> Counts:
    """How often each label is there, of places (N,) in the labels, NaN where one is missing.

    >>> counts_of(np.array([1.0, 0.0, 1.0, np.nan]), ("red", "blue"))
    Counts(labels=('blue', 'red'), bars=array([2, 1]), others=0, missing=1)
    """
    known = values[~np.isnan(values)].astype(int)
    counts = np.bincount(known, minlength=len(labels))
    order = np.argsort(-counts, kind="stable")
    first = [place for place in order[:MOST_BARS] if counts[place]]
    return Counts(
        tuple(labels[place] for place in first),
        counts[first],
        int(counts.sum() - counts[first].sum()),
        len(values) - len(known),
    )


def summaries(column: Column, values: np.ndarray | None = None) -> Summary | Counts:
    """The summary of a column, or of other values (N,) in its place."""
    values = column.values if values is None else values
    return counts_of(values, column.labels) if column.labels else summary_of(values)


def correlations(values: np.ndarray) -> np.ndarray:
    """Pearson's correlations (D, D) of columns (N, D), each over the rows that have both.

    How to read it: 1 is a rising line, -1 a falling one; 0 says that no *line* fits, not that the
    two have nothing to do with each other. NaN where fewer than three rows have both, or where one
    is the same in all of them.

    >>> correlations(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])).round(3).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    there = ~np.isnan(values)
    known, moved = there.astype(np.float64), _standard(values, there)
    # Of column i over the rows that have j too: how many, their sum, their squares, the products.
    count = known.T @ known
    total, squares, products = moved.T @ known, (moved**2).T @ known, moved.T @ moved
    rows = np.maximum(count, 1)
    covariance = products - total * total.T / rows
    variance = squares - total**2 / rows
    # Rounding leaves some 1e-16 of the squares where a column is constant.
    varied = variance > 1e-12 * np.maximum(squares, 1e-300)
    able = (count >= 3) & varied & varied.T
    size = np.sqrt(np.where(able, variance, 1.0) * np.where(able, variance.T, 1.0))
    return np.where(able, np.clip(covariance / size, -1, 1), np.nan)


def _standard(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Columns (N, D) with mean 0 and spread 1, and 0 where a value is missing."""
    count = np.maximum(there.sum(0), 1)
    largest = np.where(there, np.abs(values), 0.0).max(0, initial=0.0)
    # In units of the largest one nothing is too large or too small to be squared.
    units = np.where(there, values, 0.0) / np.where(largest > 0, largest, 1.0)
    moved = np.where(there, units - units.sum(0) / count, 0.0)
    spread = np.sqrt((moved**2).sum(0) / count)
    flat = spread <= 10 * np.finfo(np.float64).eps
    return np.where(flat, 0.0, moved / np.where(flat, 1.0, spread))


def spread_out(count: int, most: int = MOST_POINTS, seed: int = 0) -> np.ndarray:
    """At most so many of the rows, drawn at random, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
