"""What the data page says of a table, of its cleaning and its scaling: sentences and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossviz.datalab import DataLab, Seen
from lossviz.datalab.look import Summary
from lossviz.datalab.seen import Facet
from lossviz.ui.datalab.svg import signed

#: What is done about missing values, as the end of a sentence.
FILLED = {
    "mean": "filled in with the column's mean",
    "median": "filled in with the column's median",
    "frequent": "filled in with the column's most frequent value",
}
TREATED = {
    "mark": "marked, and left as they are",
    "clip": "moved to the fence",
    "drop": "dropped with their rows, as far as these are for training",
}
SCALED = {
    "standard": "mean 0 and standard deviation 1",
    "unit": "least value 0 and greatest 1",
    "robust": "median 0 and quartiles 1 apart",
}
FORMULAS = {
    "standard": r"x' = \frac{x - \mu}{\sigma}",
    "unit": r"x' = \frac{x - x_{\min}}{x_{\max} - x_{\min}}",
    "robust": r"x' = \frac{x - \operatorname{median}}{Q_3 - Q_1}",
}


def looked(seen: Seen) -> str:
    """What there is, in a sentence."""
    rows, columns = seen.size
    what = f"{len(seen.classes)} classes" if seen.classes else "its values"
    count = sum(facet.role == "input" for facet in seen.columns)
    return (
        f"{rows:,} rows and {columns} columns. To predict: {seen.target!r} ({what}), from {count} "
        f"input{'s' * (count != 1)}. {_sides(*seen.split[0])}"
    )


def _sides(train: int, test: int) -> str:
    if not test:
        return f"All {train:,} rows are for training."
    return f"{train:,} rows are for training, {test:,} for testing."


def cleaning(seen: Seen, lab: DataLab) -> list[str]:
    """What cleaning does, a sentence for each step."""
    said = []
    missing = sum(sum(facet.missing) for facet in seen.columns)
    gone = sum(seen.dropped["missing"])
    if not missing:
        said.append("No input has a missing value.")
    elif lab.missing == "drop":
        said.append(f"{_cells(missing)} missing: {_rows(gone)} dropped for that.")
    else:
        said.append(
            f"{_cells(missing)} missing: {FILLED[lab.missing]}, as the training rows have it."
        )
    far = sum(sum(facet.outliers) for facet in seen.columns)
    if not far:
        said.append("No value lies beyond a fence.")
    else:
        beyond = sum(seen.dropped["outliers"])
        rows = f" ({_rows(beyond)})" if lab.outliers == "drop" else ""
        said.append(f"{_cells(far)} beyond the fences: {TREATED[lab.outliers]}{rows}.")
    (train, test), (train_left, test_left) = seen.split
    said.append(
        f"Left: {train_left:,} of {train:,} training rows"
        + (f", {test_left:,} of {test:,} test rows." if test else ".")
    )
    return said


def _cells(count: int) -> str:
    return f"{count:,} value{'s are' if count != 1 else ' is'}"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def fence(lab: DataLab) -> str:
    """Where the fences are, in a sentence."""
    if lab.fence == "iqr":
        return (
            f"A fence stands {lab.iqr_factor:g} times the distance of the quartiles below the "
            "first and above the third quartile."
        )
    return (
        f"A fence stands {lab.z_threshold:g} standard deviations on each side of the mean. "
        "Outliers widen the standard deviation, and so the fence that is to find them."
    )


def ratio(columns: Sequence[Summary]) -> float:
    """The widest of some columns over the narrowest, by the standard deviation."""
    spreads = [column.spread for column in columns if column.spread > 0]
    return max(spreads) / min(spreads) if spreads else np.nan


def spreads(seen: Seen) -> str:
    """How unlike the columns' sizes are before scaling and after it."""
    facets = [facet for facet in seen.columns if isinstance(facet.scaled, Summary)]
    before = ratio([f.clean for f in facets if isinstance(f.clean, Summary)])
    after = ratio([f.scaled for f in facets if isinstance(f.scaled, Summary)])
    if len(facets) < 2:
        return "There is one numeric input only."
    return (
        f"The widest input is {number(before)} times as wide as the narrowest one before scaling, "
        f"{number(after)} times after it."
    )


def number(value: float) -> str:
    """A number of any size in a few letters.

    >>> number(14690.4), number(2.5621), number(float("inf")), number(float("nan"))
    ('14,700', '2.6', 'infinite', '–')
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "infinite"
    if abs(value) >= 100:
        rounded = float(f"{value:.3g}")
        return f"{rounded:,.0f}" if rounded < 1e7 else f"{rounded:.2e}".replace("e+0", "e")
    return f"{value:.2g}"


COLUMNS = {
    "name": "column",
    "missing": "missing (train + test)",
    "fill": "filled in",
    "outliers": "outliers (train + test)",
    "fence": "fence",
    "mean": "mean",
    "spread": "standard deviation",
}


def columns(facets: Sequence[Facet]) -> list[dict[str, str]]:
    """What was found in each input and in the target, and what cleaning changed."""
    lines = []
    for facet in facets:
        if facet.clean is None:
            continue
        both = isinstance(facet.raw, Summary) and isinstance(facet.clean, Summary)
        lines.append(
            {
                "name": facet.name + (" (target)" if facet.role == "target" else ""),
                "missing": _two(facet.missing),
                "fill": facet.fill or "–",
                "outliers": _two(facet.outliers),
                "fence": _range(facet.fences),
                "mean": _changed(facet.raw.mean, facet.clean.mean) if both else "–",  # type: ignore[union-attr]
                "spread": _changed(facet.raw.spread, facet.clean.spread) if both else "–",  # type: ignore[union-attr]
            }
        )
    return lines


def _two(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,} + {counts[1]:,}" if any(counts) else "–"


def _range(ends: tuple[float, float]) -> str:
    return " to ".join(signed(end, 4) for end in ends) if np.isfinite(ends).all() else "–"


def _changed(before: float, after: float) -> str:
    first, then = signed(before, 4), signed(after, 4)
    return first if first == then else f"{first} → {then}"
