"""What a model says of its data, at the step shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossviz.ui.stage.surfaces import FROM_START


@dataclass(frozen=True)
class Points:
    """Data points (n,): coordinates, class (a fit ignores it), and 1 for one of the test set."""

    x: np.ndarray
    y: np.ndarray
    label: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Regions:
    """What a classifier of two inputs says over the square, at the steps `steps` (F,).

    Two classes: `values` (F, ny, nx) is the probability of class 1 as 0..255. More: `values` is the
    class index and `confidence` (F, ny, nx) its probability as 0..255. `extent` (x0, x1, y0, y1)
    holds the coordinates of the outermost grid points.
    """

    contender: str
    extent: tuple[float, float, float, float]
    steps: np.ndarray
    values: np.ndarray
    points: Points
    confidence: np.ndarray | None = None
    classes: tuple[str, ...] = ("0", "1")
    x_title: str = ""
    y_title: str = ""
    joins: int = FROM_START
    kind: str = "regions"


@dataclass(frozen=True)
class Fit:
    """A regression of one input: `values` (F, n) over `x` (n,) at the steps `steps` (F,)."""

    contender: str
    x: np.ndarray
    steps: np.ndarray
    values: np.ndarray
    points: Points
    x_title: str = ""
    y_title: str = ""
    joins: int = FROM_START
    kind: str = "fit"


@dataclass(frozen=True)
class Confusion:
    """Counts (F, k, k), actual class by predicted class, at the steps `steps` (F,)."""

    contender: str
    classes: tuple[str, ...]
    steps: np.ndarray
    values: np.ndarray
    split: str = "test"
    joins: int = FROM_START
    kind: str = "confusion"


@dataclass(frozen=True)
class Parity:
    """A regression of several inputs: for N samples the `actual` value (N,), whether it is a `test`
    sample (N,), and the predicted `values` (F, N) at the steps `steps` (F,).
    """

    contender: str
    actual: np.ndarray
    test: np.ndarray
    steps: np.ndarray
    values: np.ndarray
    x_title: str = ""
    y_title: str = ""
    joins: int = FROM_START
    kind: str = "parity"


Predictions = Regions | Fit | Confusion | Parity
