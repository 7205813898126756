"""Which of many recorded steps are drawn."""

from __future__ import annotations

import numpy as np


def spread(count: int, most: int) -> np.ndarray:
    """At most ``most`` of ``count`` places, evenly spread, with the first and the last.

    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 3, 6, 9], [0, 1, 2])
    """
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(int))
