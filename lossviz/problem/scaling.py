"""Scalings: columns brought to like sizes, as the training rows say.

| name | a column becomes | an outlier |
|---|---|---|
| "none" | what it was | stays far away |
| "unit" | (x - least) / (greatest - least) | squeezes all the others together |
| "standard" | (x - mean) / standard deviation | pulls the mean, and widens the spread |
| "robust" | (x - median) / (third quartile - first quartile) | moves next to nothing |

The statistics are those of the training rows alone: a test row that had a part in them would have
told the model something of what it is tested on. So test rows may lie outside [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossviz.registry import SettingError, Shape


def _mean_and_spread(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return known.mean(0), known.std(0)


def _least_and_range(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return known.min(0), np.ptp(known, axis=0)


def _median_and_quartiles(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, median, third = np.quantile(known, (0.25, 0.5, 0.75), axis=0)
    return median, third - first


#: Known rows (N, D) to what is taken away (D,) and what the rest is divided by (D,).
FITS: dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "standard": _mean_and_spread,
    "unit": _least_and_range,
    "robust": _median_and_quartiles,
}

#: The names of all scalings, in the order in which they are offered.
SCALINGS = (*FITS, "none")


@dataclass(frozen=True, eq=False)
class Scaler:
    """A scaling fitted to known rows: ``(rows - shift) / width``, column by column.

    Args:
        shift: (D,), in the columns' units.
        width: (D,), the same; 1 where a column is the same everywhere.
    """

    shift: np.ndarray
    width: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Rows (..., D) without units."""
        return (rows - self.shift) / self.width

    def back(self, rows: np.ndarray) -> np.ndarray:
        """Scaled rows (..., D) in the columns' units again."""
        return rows * self.width + self.shift


def fitted(known: np.ndarray, scaling: str) -> Scaler:
    """The scaling of known rows (N, D) as its shift and width; see `scaler`.

    >>> fitted(np.array([[1.0], [3.0], [8.0]]), "robust").shift
    array([3.])
    """
    if scaling == "none":
        return Scaler(np.zeros(known.shape[1:]), np.ones(known.shape[1:]))
    if scaling not in FITS:
        raise SettingError(f"scaling is {scaling!r}, but must be one of {', '.join(SCALINGS)}.")
    shift, width = FITS[scaling](known)
    # Rounding leaves a spread of some 1e-16 in a constant column.
    constant = width <= 10 * np.finfo(known.dtype).eps * np.abs(known).max(0)
    return Scaler(shift, np.where(constant, 1.0, width))


def scaler(known: np.ndarray, scaling: str) -> Callable[[np.ndarray], np.ndarray]:
    """The scaling fitted to known rows (N, D), as a function of rows.

    A column that is the same everywhere (for "robust": of which the middle half is) is only
    shifted.

    Args:
        known: The training rows.
        scaling: "standard" (mean 0, standard deviation 1), "unit" (least 0, greatest 1), "robust"
            (median 0, quartiles 1 apart) or "none".

    Raises:
        SettingError: For any other name.

    >>> scaler(np.array([[1.0], [3.0]]), "unit")(np.array([[2.0]]))
    array([[0.5]])
    """
    fit = fitted(known, scaling)
    return (lambda rows: rows) if scaling == "none" else fit


def scaled(inputs: np.ndarray, train: np.ndarray, scaling: str, shape: Shape) -> np.ndarray:
    """All rows of inputs (N, D), scaled as the training rows say and as the kind of data allows.

    >>> rows = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> steps = Shape("regression", 2, 0, "sequence", (2, 1))
    >>> scaled(rows, np.array([0, 1]), "unit", steps).round(2).tolist()
    [[0.0, 0.33], [0.67, 1.0]]
    """
    if shape.kind == "tokens":
        return inputs  # numbers of entries of a list
    if shape.kind == "sequence":
        # Otherwise one and the same value would be another number from step to step.
        steps = inputs.reshape(-1, shape.sides[1])
        known = inputs[train].reshape(-1, shape.sides[1])
        return scaler(known, scaling)(steps).reshape(inputs.shape)
    return scaler(inputs[train], scaling)(inputs)
