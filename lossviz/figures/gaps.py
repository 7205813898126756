"""Numbers as Plotly draws them: a gap where there is none."""

from __future__ import annotations

import numpy as np


def with_gaps(values: object) -> np.ndarray:
    """Values in float64, not a number wherever they are not finite.

    >>> with_gaps([1, float("inf")]).tolist()
    [1.0, nan]
    """
    array = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(array), array, np.nan)
