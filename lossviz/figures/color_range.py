"""The range of losses that the colours of a surface span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: The bulk of the cells lies between these quantiles.
BULK = (0.05, 0.95)
#: The paths' starts may stretch the range to at most this many times its length.
STRETCH = 3.0
HUGE = float(np.finfo(np.float64).max)
#: The range where there is nothing to take one from.
NOTHING = {False: (0.0, 1.0), True: (0.1, 1.0)}


def color_range(loss_grid: Any, path_losses: Any = None, log: bool = False) -> tuple[float, float]:
    """The robust range of colours (low, high) for a surface, in units of the loss.

    The rule. Of the finite cells take the 5 % and the 95 % quantile, q5 and q95. The range goes
    from the lowest cell to the highest one, but no further than the length q95 - q5 below q5 and
    above q95: so most surfaces are shown whole, and a few cells on a cliff do not turn the rest
    into one colour. Then the upper end is raised to the highest loss at which a path starts, as far
    as there are cells that high, unless the range gets more than three times as long by that.

    With ``log`` the same is done to the logarithms of the positive cells.

    How to read it: nothing in the data is clipped. Cells outside of the range have the colour of
    its end, and the colour bar says so.

    Args:
        loss_grid: Losses of any shape; cells that are not finite do not count.
        path_losses: The losses along one path (T,), or a list of those, in the order of the steps.
        log: Whether colours follow the logarithm of the loss.

    Returns:
        Two finite numbers, the first one lower, and positive with ``log``. A constant surface gets
        a range around its value; one without any usable cell gets 0 to 1, or 0.1 to 1 with ``log``.

    >>> color_range([[0.0, 1.0], [2.0, 3.0]])
    (0.0, 3.0)
    >>> cliff = np.append(np.linspace(0, 1, 99), 1e6)
    >>> low, high = color_range(cliff)
    >>> low, round(high, 2)
    (0.0, 1.87)
    """
    cells = _usable(loss_grid, log)
    if not cells.size:
        return NOTHING[log]
    lowest, highest = float(cells.min()), float(cells.max())
    q5, q95 = (float(q) for q in np.quantile(cells, BULK, method="nearest"))
    with np.errstate(over="ignore"):
        bulk = np.float64(q95) - q5
        low = float(max(lowest, q5 - bulk))
        high = float(min(highest, q95 + bulk))
        start = min(_highest_start(path_losses, log), highest)
        if high < start <= low + STRETCH * (np.float64(high) - low):
            high = start
    return _widened(low, high, log)


def _usable(values: Any, log: bool) -> np.ndarray:
    """The finite values, flat, in float64; with log the logarithms of the positive ones."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double()
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    return np.log10(flat[flat > 0]) if log else flat


def _highest_start(path_losses: Any, log: bool) -> float:
    starts = [_usable(path, log)[:1] for path in as_paths(path_losses)]
    return max((float(s[0]) for s in starts if s.size), default=-np.inf)


def as_paths(path_losses: Any) -> Sequence[Any]:
    """A list of paths, of none, one (T,) or several."""
    if path_losses is None:
        return ()
    if hasattr(path_losses, "ndim") and path_losses.ndim == 1:
        return (path_losses,)
    paths: Iterable[Any] = path_losses
    several = list(paths)
    return (several,) if several and np.ndim(several[0]) == 0 else several


def _widened(low: float, high: float, log: bool) -> tuple[float, float]:
    """Back in units of the loss, and with some length even where all cells are equal."""
    if log:
        # Inside of what a float holds after the powers are rounded.
        low, high = (float(np.clip(end, -300, 308)) for end in (low, high))
        if high - low > 1e-6:
            return 10.0**low, 10.0**high
        middle = min((low + high) / 2, 307.0)
        return 10.0 ** (middle - 0.5), 10.0 ** (middle + 0.5)
    # Halved, so that the difference of two huge numbers is a number.
    if high / 2 - low / 2 > 1e-9 * max(abs(low), abs(high)):
        return low, high
    room = 0.1 * abs(low) or 0.5
    return max(low - room, -HUGE), min(high + room, HUGE)
