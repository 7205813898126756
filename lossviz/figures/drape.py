"""A path laid on the cells of a landscape, so that no step cuts through it."""

from __future__ import annotations

import itertools

import numpy as np


def draped(coords: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The straight steps of a path (T, 2), cut at the grid's rim, with points at every cell.

    So a long step lies on the slice instead of cutting through it. Rows of NaN part pieces.

    >>> side = np.array([0.0, 1.0, 2.0])
    >>> draped(np.array([[0.0, 1.0], [4.0, 1.0]]), side, side).tolist()
    [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [nan, nan]]
    """
    low = np.array([x.min(), y.min()])
    high = np.array([x.max(), y.max()])
    cell = (high - low) / (np.array([len(x), len(y)]) - 1)
    pieces: list[np.ndarray] = []
    for start, stop in itertools.pairwise(coords):
        part = _within(start, stop, low, high)
        if part is None:
            continue
        first, last = start + part[0] * (stop - start), start + part[1] * (stop - start)
        count = max(1, int(np.ceil(np.max(np.abs(last - first) / cell))))
        piece = np.clip(np.linspace(first, last, count + 1), low, high)
        # A step that begins where the one before ended goes on with it.
        joined = bool(pieces) and part[0] == 0 and bool(np.isfinite(pieces[-1][-1]).all())
        pieces.append(piece[1:] if joined else piece)
        if part[1] < 1:
            pieces.append(np.full((1, 2), np.nan))
    return np.concatenate(pieces) if pieces else np.zeros((0, 2))


def _within(
    start: np.ndarray, stop: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[float, float] | None:
    """The part (from, to) of a segment that is in a box, as shares of its length; None for none.

    Clipping after Liang and Barsky, "A new concept and method for line clipping" (1984).
    """
    if not (np.isfinite(start).all() and np.isfinite(stop).all()):
        return None
    enters, leaves = 0.0, 1.0
    with np.errstate(over="ignore"):
        direction = stop - start
    if not np.isfinite(direction).all():
        return None
    for p, d, lowest, highest in zip(start, direction, low, high, strict=True):
        if d == 0:
            if not lowest <= p <= highest:
                return None
            continue
        near, far = sorted(((lowest - p) / d, (highest - p) / d))
        enters, leaves = max(enters, float(near)), min(leaves, float(far))
    return (enters, leaves) if enters < leaves else None
