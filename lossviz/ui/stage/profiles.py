"""Pictures that change with the time cursor: curves over an axis, histograms, matrices of weights.

Each stands in a tab of `Scene.side`, or alone in the place of predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ProfileLine:
    """One line of a `Profile`: `values` (F, n) move with time, (n,) stand still.

    `mark` is an index into the theme's marks, None for the colour of the text. A `contender`'s line
    has its colour and dash, and is hidden with it. NaN leaves a gap.
    """

    name: str
    values: np.ndarray
    mark: int | None = None
    dashed: bool = False
    contender: str = ""


@dataclass(frozen=True)
class Bracket:
    """A height that is pointed out: from `low` to `high` (F,) at `x` (F,), with its difference.

    Example: a barrier, from the chord between two ends up to the loss above it. NaN draws none.
    """

    name: str
    x: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Profile:
    """Lines over a common axis `x` (n,), which rises, at the steps `steps` (F,).

    With `x_labels`, one word for each of `x`, the axis shows these (layers, say) instead of
    numbers. The range of y is that of all steps, so that heights can be compared over time; with
    `pinned=False` it is that of the step shown. On a log axis what is not positive leaves a gap.
    `contender` says whose it is, "" for nobody's.
    """

    x: np.ndarray
    steps: np.ndarray
    lines: tuple[ProfileLine, ...]
    brackets: tuple[Bracket, ...] = ()
    x_title: str = ""
    y_title: str = ""
    x_labels: tuple[str, ...] = ()
    log: bool = False
    pinned: bool = True
    contender: str = ""
    kind: str = "profile"


@dataclass(frozen=True)
class Histogram:
    """How often, `counts` (F, b), in the bins between `edges` (b + 1,), at the steps `steps` (F,).

    The first row stays as a pale outline, so that what has changed since is seen. On a `log` axis
    a bin is as high as log10(1 + count), and its ticks say the counts.
    """

    edges: np.ndarray
    steps: np.ndarray
    counts: np.ndarray
    x_title: str = ""
    y_title: str = "count"
    log: bool = False
    contender: str = ""
    kind: str = "histogram"


@dataclass(frozen=True)
class Matrix:
    """A matrix of numbers, `values` (F, r, c), as colours, at the steps `steps` (F,).

    The first row is at the top. Colours part at 0 and go as far on both sides: to `bound`, or to
    the largest absolute value over all steps. What is beyond, or not finite, is told apart.
    """

    steps: np.ndarray
    values: np.ndarray
    x_title: str = ""
    y_title: str = ""
    bound: float | None = None
    contender: str = ""
    kind: str = "matrix"


Picture = Profile | Histogram | Matrix


def check_picture(picture: Picture) -> None:
    """Raise ValueError unless the columns of a picture fit each other."""
    rows = len(picture.steps)
    if rows == 0:
        raise ValueError(f"{type(picture).__name__} without any step; give one at least.")
    if isinstance(picture, Profile):
        _check_profile(picture, rows)
    elif isinstance(picture, Histogram):
        _check_histogram(picture, rows)
    else:
        _check_matrix(picture, rows)


def _check_profile(profile: Profile, rows: int) -> None:
    count = len(profile.x)
    if count < 2 or not (np.diff(profile.x) > 0).all():
        raise ValueError("The x of a profile rises, over two points at least.")
    for line in profile.lines:
        if line.values.shape not in {(count,), (rows, count)}:
            raise ValueError(
                f"Line {line.name!r} of a profile is {line.values.shape}; "
                f"expected ({count},) or ({rows}, {count})."
            )
    for bracket in profile.brackets:
        columns = {"x": bracket.x, "low": bracket.low, "high": bracket.high}
        for name, column in columns.items():
            if column.shape != (rows,):
                raise ValueError(
                    f"Bracket {bracket.name!r}: {name} is {column.shape}; expected ({rows},)."
                )
    if profile.x_labels and len(profile.x_labels) != count:
        raise ValueError(
            f"A profile over {count} points has {len(profile.x_labels)} labels; "
            "give one for each point, or none at all."
        )


def _check_histogram(histogram: Histogram, rows: int) -> None:
    bins = len(histogram.edges) - 1
    if bins < 1 or not (np.diff(histogram.edges) > 0).all():
        raise ValueError("The edges of a histogram rise, and there are two at least.")
    if histogram.counts.shape != (rows, bins):
        raise ValueError(
            f"The counts of a histogram are {histogram.counts.shape}; expected ({rows}, {bins})."
        )


def _check_matrix(matrix: Matrix, rows: int) -> None:
    shape = matrix.values.shape
    if len(shape) != 3 or shape[0] != rows or 0 in shape:
        raise ValueError(
            f"The values of a matrix are {shape}; expected (steps, rows, columns) with {rows} "
            "steps, and a row and a column at least."
        )
    if matrix.bound is not None and not 0 < matrix.bound < np.inf:
        raise ValueError(f"The bound of a matrix is {matrix.bound}; expected a positive number.")
