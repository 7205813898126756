"""From the settings of a comparison to all that its picture shows, as pure functions.

Each step takes plain records and gives one, so that it can be cached, run in a worker process or
called from a script:

    runs = race(comparison.experiments())
    cut = slice_of(comparison, runs)
    landscape = surface_on(comparison, cut, 61)
    seen = predictions_of(comparison, runs[0])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lossviz import plane as planes
from lossviz.comparison import Comparison
from lossviz.plane import Plane
from lossviz.problem import Problem, build
from lossviz.run import Run, race
from lossviz.settings import Experiment
from lossviz.surface import Surface, evaluate, slice_loss
from lossviz.surface.predictions import Predictions, predictions

#: A path is drawn through at most this many of its recorded steps, evenly chosen.
MOST_FRAMES = 1001
#: Predictions are computed ahead for at most this many steps.
PREDICTION_FRAMES = 121


@dataclass(frozen=True, eq=False)
class Track:
    """One contender's path as the plane shows it, F frames.

    Args:
        steps: (F,) step numbers.
        coords: (F, 2) the projected points.
        loss: (F,) the true loss at the weights.
        slice_loss: (F,) the loss at the projected point, which is the surface's height there.
        residual: (F,) the distance of the weights from the plane.
    """

    steps: np.ndarray
    coords: np.ndarray
    loss: np.ndarray
    slice_loss: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True, eq=False)
class Slice:
    """A plane, the part of it that is drawn, and the paths on it."""

    plane: Plane
    window: tuple[tuple[float, float], tuple[float, float]]
    tracks: tuple[Track, ...]


@functools.lru_cache(maxsize=8)
def problem_of(experiment: Experiment) -> Problem:
    """The problem of an experiment, kept for the next picture of the same problem."""
    return build(experiment)


def shared_problem(comparison: Comparison) -> Problem:
    """The problem that all contenders train on; what only training uses does not matter."""
    return problem_of(replace(comparison.base, steps=1, batch_size=0))


def race_of(comparison: Comparison, start: Tensor | None = None) -> tuple[Run, ...]:
    """All contenders trained together, from the initial weights or from a point (P,)."""
    return tuple(race(comparison.experiments(), start=start))


def plane_of(comparison: Comparison, runs: Sequence[Run]) -> Plane:
    """The plane that the comparison asks for, through these runs."""
    problem = shared_problem(comparison)
    if comparison.plane == "exact":
        return planes.exact_plane(problem)
    if comparison.plane == "random":
        end = runs[0].weights[-1]
        return planes.random_plane(
            problem,
            problem.space.unflatten(end),
            seed=comparison.plane_seed,
            normalize=comparison.normalize,  # type: ignore[arg-type]
        )
    return planes.pca_plane(runs)


def slice_of(comparison: Comparison, runs: Sequence[Run], plane: Plane | None = None) -> Slice:
    """The plane (or the given one), its window, and every run projected on it."""
    plane = plane_of(comparison, runs) if plane is None else plane
    tracks = tuple(track_of(comparison, plane, run) for run in runs)
    window = planes.window(plane, [torch.from_numpy(t.coords) for t in tracks])
    return Slice(plane, window, tracks)


def track_of(comparison: Comparison, plane: Plane, run: Run, after: int = -1) -> Track:
    """One run on the plane: its frames after a step (all of them for -1)."""
    problem = shared_problem(comparison)
    frames = spread(len(run.recorded), MOST_FRAMES)
    steps = np.asarray(run.recorded)[frames]
    frames, steps = frames[steps > after], steps[steps > after]
    coords, residual = plane.project(run.weights[frames])
    split = "test" if comparison.split == "test" else "train"
    return Track(
        steps,
        coords.numpy(),
        np.asarray(run.metrics[f"{split}_loss"])[frames],
        slice_loss(problem, plane, coords, split=split).double().numpy(),
        residual.numpy(),
    )


def surface_on(comparison: Comparison, cut: Slice, points: int) -> Surface:
    """The loss over the slice's window, on ``points`` x ``points`` cells."""
    x, y = planes.grid(cut.window, points)
    split = "test" if comparison.split == "test" else "train"
    return evaluate(shared_problem(comparison), cut.plane, x, y, split=split)


def predictions_of(comparison: Comparison, run: Run) -> Predictions | None:
    """What the model of one run predicts, at steps spread over the run."""
    frames = spread(len(run.recorded), PREDICTION_FRAMES)
    return predictions(shared_problem(comparison), run, frames)


def spread(count: int, most: int) -> np.ndarray:
    """At most ``most`` of ``count`` places, evenly spread, with the first and the last.

    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 3, 6, 9], [0, 1, 2])
    """
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(int))
