"""Cleaning: what is done about missing values and outliers, with statistics of training rows alone.

A test row stands for one that comes later. If it had a part in a mean or a quartile, the model
would be tested on what it has seen; so training rows say what is usual, and test rows are only
treated by it. No test row is dropped for being far off, because a model has to answer for it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossviz.registry import SettingError

#: What can be done about missing values, and about outliers; and how these are found.
MISSING = ("drop", "mean", "median", "frequent")
OUTLIERS = ("mark", "clip", "drop")
FENCES = ("iqr", "z")


@dataclass(frozen=True)
class Rules:
    """How a table is cleaned.

    Args:
        missing: "drop" rows with a missing value, or fill in the "mean", the "median" or the most
            "frequent" value of the column. Categories get the most frequent one in any case.
        outliers: "mark" them only, "clip" them to the fence, or "drop" their rows.
        fence: "iqr": beyond ``reach`` times the distance of the quartiles below the first or above
            the third one (Tukey, Exploratory Data Analysis, 1977: 1.5); "z": more than ``reach``
            standard deviations from the mean. Outliers widen a standard deviation: of n rows none
            has a z-score above sqrt(n - 1), so that 3 finds nothing among ten rows, however far
            off one of them is.
        reach: See there.
    """

    missing: str = "median"
    outliers: str = "clip"
    fence: str = "iqr"
    reach: float = 1.5

    def __post_init__(self) -> None:
        for name, known in (("missing", MISSING), ("outliers", OUTLIERS), ("fence", FENCES)):
            if getattr(self, name) not in known:
                raise SettingError(
                    f"{name} is {getattr(self, name)!r}, but must be one of {', '.join(known)}."
                )
        if not self.reach > 0:
            raise SettingError(f"reach is {self.reach}, but must be above 0.")


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows to clean: N rows of D inputs.

    Args:
        names: (D,) the inputs' names.
        values: (N, D) float64, NaN where missing.
        labelled: (D,) whether an input holds places in a list of labels, in no order.
        targets: (N,) float64, none missing.
        classes: The number of classes of the target, 0 for values.
        train: (N,) which rows are for training.
    """

    names: tuple[str, ...]
    values: np.ndarray
    labelled: np.ndarray
    targets: np.ndarray
    classes: int
    train: np.ndarray


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in each of D columns, and what is done about it.

    Args:
        missing: (D, 2) how many values are missing, of training and of test rows.
        outliers: (D, 2) how many lie beyond the fences.
        low, high: (D,) the fences; infinite where there are none.
        fill: (D,) what is filled in; NaN where rows are dropped instead.
    """

    missing: np.ndarray
    outliers: np.ndarray
    low: np.ndarray
    high: np.ndarray
    fill: np.ndarray


@dataclass(frozen=True, eq=False)
class Cleaned:
    """What is left after cleaning, M of N rows.

    Args:
        sample: The rows that are left.
        kept: (N,) which they are.
        found: What was found in each input.
        target: The same of a target of values, as one more column; None for classes.
        dropped: How many rows are gone: "missing" and "outliers", of training and of test rows.
    """

    sample: Sample
    kept: np.ndarray
    found: Findings
    target: Findings | None
    dropped: dict[str, tuple[int, int]]


def cleaned(sample: Sample, rules: Rules) -> Cleaned:
    """The rows after cleaning: outliers first, so that they have no part in what is filled in.

    Outliers among the targets of training rows are treated like those among the inputs; targets of
    test rows are never changed.

    Raises:
        SettingError: When fewer than two training rows are left, or no test row of several.
    """
    found = _cleaned(sample, rules)
    _check_left(sample, found.kept)
    return found


def complete(sample: Sample) -> Cleaned:
    """The least that has to be done: rows with a missing value are left out, nothing else.

    Perhaps no row is left.
    """
    return _cleaned(sample, Rules("drop", "mark"))


def _cleaned(sample: Sample, rules: Rules) -> Cleaned:
    values, train = sample.values, sample.train
    low, high = fences(values[train], rules)
    low[sample.labelled], high[sample.labelled] = -np.inf, np.inf
    far = (values < low) | (values > high)
    gone = np.isnan(values)
    target, targets, far_target = _targets(sample, rules)

    beyond = (far.any(1) | far_target) & train & (rules.outliers == "drop")
    incomplete = gone.any(1) & (rules.missing == "drop") & ~beyond
    kept = ~beyond & ~incomplete
    if rules.outliers == "clip":
        values = np.clip(values, low, high)  # NaN stays NaN
    fill = np.full(values.shape[1], np.nan)
    if rules.missing != "drop":
        fill = fills(values[train & kept], rules.missing, sample.labelled)
        values = np.where(gone, fill, values)
    return Cleaned(
        Sample(
            sample.names, values[kept], sample.labelled, targets[kept], sample.classes, train[kept]
        ),
        kept,
        Findings(_counts(gone, train), _counts(far, train), low, high, fill),
        target,
        {"missing": _both(incomplete, train), "outliers": _both(beyond, train)},
    )


def fences(known: np.ndarray, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Below and above which values (N, D) are outliers, each (D,); see `Rules`.

    Infinite for a column without a spread: where half of the values are one and the same, every
    other one would be an outlier.

    >>> low, high = fences(np.array([[1.0], [2.0], [3.0], [4.0], [50.0]]), Rules(reach=1.5))
    >>> low.item(), high.item()
    (-1.0, 7.0)
    """
    columns = [column[~np.isnan(column)] for column in known.T]
    pairs = [_fence(column, rules) for column in columns]
    low, high = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return low.copy(), high.copy()


def _fence(column: np.ndarray, rules: Rules) -> tuple[float, float]:
    if not len(column):
        return -np.inf, np.inf
    if rules.fence == "z":
        middle, spread = column.mean(), column.std()
        low, high = middle - rules.reach * spread, middle + rules.reach * spread
    else:
        first, third = np.quantile(column, (0.25, 0.75))
        spread = third - first
        low, high = first - rules.reach * spread, third + rules.reach * spread
    # Rounding leaves a spread of some 1e-16 in a constant column.
    if spread <= 10 * np.finfo(np.float64).eps * np.abs(column).max():
        return -np.inf, np.inf
    return float(low), float(high)


def fills(known: np.ndarray, how: str, labelled: np.ndarray) -> np.ndarray:
    """What is filled in for missing values of the columns (N, D), by what is known of them; (D,).

    The most frequent of several equally frequent values is the smallest of them. 0 for a column of
    which nothing is known.
    """
    return np.array(
        [
            _fill(column[~np.isnan(column)], "frequent" if label else how)
            for column, label in zip(known.T, labelled, strict=True)
        ]
    )


def _fill(column: np.ndarray, how: str) -> float:
    if not len(column):
        return 0.0
    if how == "frequent":
        values, counts = np.unique(column, return_counts=True)
        return float(values[counts.argmax()])
    return float(column.mean() if how == "mean" else np.median(column))


def _targets(sample: Sample, rules: Rules) -> tuple[Findings | None, np.ndarray, np.ndarray]:
    """What is found in a target of values, the targets after it, and which are far off."""
    targets, train = sample.targets, sample.train
    if sample.classes:
        return None, targets, np.zeros(len(targets), dtype=bool)
    low, high = fences(targets[train, None], rules)
    far = (targets < low) | (targets > high)
    none = np.zeros((1, 2), dtype=int)
    found = Findings(none, _counts(far[:, None], train), low, high, np.full(1, np.nan))
    if rules.outliers == "clip":
        targets = np.where(train, np.clip(targets, low, high), targets)
    return found, targets, far


def _check_left(sample: Sample, kept: np.ndarray) -> None:
    train, test = _both(kept, sample.train)
    if train < 2:
        raise SettingError(
            f"Of {int(sample.train.sum())} training rows {train} would be left. Fill in missing "
            "values and clip outliers, rather than dropping their rows."
        )
    if not test and not sample.train.all():
        raise SettingError(
            "No test row would be left: each has a missing value. Fill these in, rather than "
            "dropping their rows."
        )


def _counts(where: np.ndarray, train: np.ndarray) -> np.ndarray:
    """How many cells (N, D) of each column are so, of training and of test rows: (D, 2)."""
    return np.stack([where[train].sum(0), where[~train].sum(0)], axis=1)


def _both(where: np.ndarray, train: np.ndarray) -> tuple[int, int]:
    return int((where & train).sum()), int((where & ~train).sum())
