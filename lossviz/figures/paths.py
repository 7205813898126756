"""`Path`: one contender's way over a slice, as the figures draw it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossviz.figures.words import distinct, run_label
from lossviz.registry import SettingError
from lossviz.run.frames import spread

#: A path is drawn through at most this many of its recorded steps, evenly chosen.
MOST_FRAMES = 2001


@dataclass(frozen=True, eq=False)
class Path:
    """One contender on a slice, F frames.

    Args:
        label: What the legend says.
        coords: (F, 2) the projected points, in the plane's units.
        steps: (F,) step numbers.
        loss: (F,) the true loss at the weights, NaN where it is not known.
        slice_loss: (F,) the loss of the slice at the projected point, NaN outside of the grid.
        residual: (F,) the distance of the weights from the plane, NaN where it is not known.
        mark: The place in `theme.MARKS`.
        diverged_at: The first step whose loss was not finite or exploded; None for other runs.
        inside: (F,) true where the point is finite and in the picture.
    """

    label: str
    coords: np.ndarray
    steps: np.ndarray
    loss: np.ndarray
    slice_loss: np.ndarray
    residual: np.ndarray
    mark: int
    diverged_at: int | None
    inside: np.ndarray

    @property
    def legend(self) -> str:
        """The label, and what happened to the path."""
        if self.diverged_at is not None:
            return f"{self.label} (diverged at step {self.diverged_at})"
        if self.leaves:
            return f"{self.label} (leaves the picture)"
        return self.label

    @property
    def leaves(self) -> bool:
        """Whether the last point is outside of the picture."""
        return bool(len(self.inside)) and not bool(self.inside[-1])

    @property
    def head(self) -> int | None:
        """The frame that carries the head: the last one in the picture; None without any."""
        seen = np.flatnonzero(self.inside)
        return int(seen[-1]) if len(seen) else None

    @property
    def drawn(self) -> slice:
        """The frames to draw: up to the first one that does not come back into the picture."""
        return slice(0, 0 if self.head is None else self.head + 2)

    @property
    def extent(self) -> float:
        """The longer side of the part in the picture, in the plane's units."""
        seen = self.coords[self.inside]
        return float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0


def paths_on(surf: Any, given: Any) -> tuple[Path, ...]:
    """The paths of runs, or of tuples (coords, label), over a surface.

    Raises:
        ValueError: When a run has other parameters than the plane, or coordinates are not (T, 2).
    """
    items = as_items(given)
    labels = [_label(item, index) for index, item in enumerate(items)]
    return tuple(
        _path(surf, item, label, index)
        for index, (item, label) in enumerate(zip(items, distinct(labels), strict=True))
    )


def as_items(given: Any) -> list[Any]:
    """One run, or a list of runs and tuples, as a list."""
    if is_run(given) or (
        isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], str)
    ):
        return [given]
    return list(given)


def is_run(item: Any) -> bool:
    """Whether this has weights, so that it can be projected."""
    return hasattr(item, "weights") and hasattr(item, "recorded")


def diverged_at(run: Any) -> int | None:
    """The step at which a run diverged, or None."""
    status = run.status
    return int(status.step) if status.kind == "diverged" else None


def interpolate(x: np.ndarray, y: np.ndarray, values: np.ndarray, coords: np.ndarray) -> np.ndarray:
    """Bilinear values (T,) at coords (T, 2) on a grid (ny, nx); NaN outside and beside NaN.

    >>> grid = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> sides = np.array([0.0, 1.0]), np.array([0.0, 10.0])
    >>> interpolate(*sides, grid, np.array([[0.5, 5.0], [1.0, 10.0], [1.1, 0.0]])).tolist()
    [1.5, 3.0, nan]
    """
    (column, right), (row, up) = _place(x, coords[:, 0]), _place(y, coords[:, 1])
    total = np.zeros(len(coords))
    for j, wy in ((row, 1 - up), (row + 1, up)):
        for i, wx in ((column, 1 - right), (column + 1, right)):
            weight = wx * wy
            corner = values[np.clip(j, 0, len(y) - 1), np.clip(i, 0, len(x) - 1)]
            # A corner of no weight says nothing, even where it is not finite.
            with np.errstate(invalid="ignore", over="ignore"):
                total = total + np.where(weight == 0, 0.0, weight * corner)
    return np.where(np.isfinite(total), total, np.nan)


def _place(side: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The grid line below each value, and how far it is to the next one; NaN outside."""
    inside = np.isfinite(values) & (values >= side.min()) & (values <= side.max())
    safe = np.where(inside, values, side.min())
    backwards = side[0] > side[-1]
    rising = side[::-1] if backwards else side
    below = np.clip(np.searchsorted(rising, safe, side="right") - 1, 0, max(len(side) - 2, 0))
    above = np.minimum(below + 1, len(side) - 1)
    gap = rising[above] - rising[below]
    part = np.where(gap > 0, (safe - rising[below]) / np.where(gap > 0, gap, 1.0), 0.0)
    if backwards:
        below, part = len(side) - 1 - above, 1 - part
    return below, np.where(inside, part, np.nan)


def _label(item: Any, index: int) -> str:
    fallback = f"run {index + 1}"
    if is_run(item):
        return run_label(item, fallback)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], str):
        return item[1] or fallback
    raise ValueError(
        f"A path is a run, or a tuple (coords (T, 2), label); got {type(item).__name__}."
    )


def _path(surf: Any, item: Any, label: str, index: int) -> Path:
    if is_run(item):
        coords, steps, loss, residual = _of_run(surf, item, label)
        bad = diverged_at(item)
    else:
        coords, steps = _of_points(item[0], label)
        loss = residual = np.full(len(coords), np.nan)
        bad = None
    x, y = array(surf.x), array(surf.y)
    inside = np.isfinite(coords).all(axis=1)
    for side, values in zip((x, y), coords.T, strict=True):
        inside &= (values >= side.min()) & (values <= side.max())
    height = interpolate(x, y, array(surf.loss), coords)
    return Path(label, coords, steps, loss, height, residual, index, bad, inside)


def _of_run(
    surf: Any, run: Any, label: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (F, 2), steps, true losses and distances (F,) of a run's frames."""
    frames = spread(len(run.recorded), MOST_FRAMES)
    if run.weights.shape[-1] != surf.plane.space.size:
        raise ValueError(
            f"The run {label!r} has {run.weights.shape[-1]} parameters, and the plane of the "
            f"surface has {surf.plane.space.size}: they belong to different models."
        )
    coords, distance = surf.plane.project(run.weights[frames])
    steps = np.asarray(run.recorded)[frames]
    return array(coords), steps, true_loss(run, surf.split)[frames], array(distance)


def _of_points(given: Any, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (F, 2) and steps (F,) of points that are given as they are."""
    coords = array(given)
    if coords.ndim != 2 or coords.shape[1] != 2:
        raise ValueError(
            f"The coordinates of the path {label!r} have the shape {coords.shape}, expected (T, 2)."
        )
    frames = spread(len(coords), MOST_FRAMES)
    return coords[frames], frames


def true_loss(run: Any, split: str) -> np.ndarray:
    """The loss (frames,) over all samples of a split at the recorded steps, NaN where unknown."""
    try:
        return array(run.metrics[f"{split}_loss"])
    except SettingError:
        # The run came from a file and its problem did not; what the optimizer saw is left.
        return seen_loss(run) if split == "train" else np.full(len(run.recorded), np.nan)


def seen_loss(run: Any) -> np.ndarray:
    """The loss (frames,) that the optimizer saw at the recorded steps."""
    return array(run.loss)[np.asarray(run.recorded, dtype=int)]


def array(values: Any) -> np.ndarray:
    """A float64 array of a tensor, an array or a list."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double()
    return np.asarray(values, dtype=np.float64)


def shown_variance(surf: Any, given: Iterable[Any]) -> float | None:
    """The share of the runs' variance that lies in the plane, about their common mean.

    Every run weighs the same. None where there is no run, nothing moves, or a run has weights that
    are not finite.
    """
    runs = [item for item in given if is_run(item) and len(item.recorded)]
    if not runs or not all(bool(run.weights.isfinite().all()) for run in runs):
        return None
    means = [run.weights.mean(dim=0).double() for run in runs]
    middle = sum(means[1:], means[0]) / len(means)
    total = sum(
        float(run.weights.var(dim=0, correction=0).double().sum()) + float((m - middle).norm()) ** 2
        for run, m in zip(runs, means, strict=True)
    )
    coords = [array(surf.plane.project(run.weights)[0]) for run in runs]
    centre = np.mean([c.mean(axis=0) for c in coords], axis=0)
    gram = array(surf.plane.axes @ surf.plane.axes.T)
    within = sum(
        float(np.einsum("ti,ij,tj->", c - centre, gram, c - centre)) / len(c) for c in coords
    )
    if not (np.isfinite(total) and np.isfinite(within)) or total <= 0:
        return None
    return min(within / total, 1.0)


def start_losses(paths: Sequence[Path]) -> list[np.ndarray]:
    """The slice's losses under each path, for the range of colours."""
    return [path.slice_loss for path in paths]
