"""Columns with one entry for each frame of a path, moved along by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def last_filled(values: Floats) -> Floats:
    """The last entry, where no step follows and nothing is known, as the one before.

    >>> last_filled(np.array([1.0, 2.0, np.nan])).tolist()
    [1.0, 2.0, 2.0]
    """
    if len(values) > 1 and np.isnan(values[-1]):
        values = values.copy()
        values[-1] = values[-2]
    return values


def before(values: Floats) -> Floats:
    """Each row's predecessor; NaN at the first."""
    shifted = np.full_like(values, np.nan)
    shifted[1:] = values[:-1]
    return shifted


def after(values: Floats) -> Floats:
    """Each row's successor; NaN at the last.

    >>> after(np.array([1.0, 2.0])).tolist()
    [2.0, nan]
    """
    shifted = np.full_like(values, np.nan)
    shifted[:-1] = values[1:]
    return shifted
