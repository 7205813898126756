"""All that is known of one training, and of a pair with and without regularisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lossviz.checkup.spread import Spreads, spreads
from lossviz.checkup.verdict import Verdict, verdict_of
from lossviz.checkup.weights import vanished_share
from lossviz.plane import Plane, grid, pca_plane, window
from lossviz.registry import SettingError
from lossviz.run import Run, train
from lossviz.settings import Experiment
from lossviz.surface import Surface, evaluate, slice_loss

#: So many points of a run are looked through layer by layer.
FRAMES = 41
#: The points of a surface along each axis, at most and at least.
POINTS = (21, 45)
#: Products of samples and weights that one surface may cost.
PRODUCTS = 5e9


@dataclass(frozen=True, eq=False)
class Exam:
    """One training, looked through.

    Args:
        run: The whole run, with its metrics.
        frames: (G,), which of its recorded frames were looked at layer by layer.
        spreads: Of these frames, or None where the model has no layers to tell apart.
        vanished: (F,), the share of weights near zero at each recorded frame.
        verdict: What it says about its settings.
    """

    run: Run
    frames: np.ndarray
    spreads: Spreads | None
    vanished: np.ndarray
    verdict: Verdict

    @property
    def steps(self) -> np.ndarray:
        """The steps (G,) of the frames."""
        return self.run.recorded[self.frames]


@dataclass(frozen=True, eq=False)
class Way:
    """A run's path over a plane: (F,) each but the coordinates (F, 2)."""

    steps: np.ndarray
    coords: Tensor
    loss: np.ndarray
    slice_loss: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True, eq=False)
class Pair:
    """The objectives of two trainings, each with its own path, over one plane.

    Args:
        plane: Through both paths.
        surfaces: The loss without and with the penalty, on the same grid.
        ways: The path of each over its own surface.
    """

    plane: Plane
    surfaces: tuple[Surface, ...]
    ways: tuple[Way, ...]


def examine(exp: Experiment) -> Exam:
    """Train, and look through.

    >>> import lossviz as lv
    >>> exam = examine(lv.Experiment(steps=100))
    >>> exam.steps[[0, -1]].tolist(), exam.spreads.layers
    ([0, 100], ('layer 1', 'layer 2', 'output'))
    """
    return exam_of(train(exp))


def exam_of(run: Run) -> Exam:
    """Look through a run of an experiment."""
    count = len(run.recorded)
    frames = np.unique(np.linspace(0, count - 1, min(count, FRAMES)).round().astype(int))
    problem = run.its_problem()
    try:
        found = spreads(problem, run.weights[frames])
    except SettingError:
        found = None
    return Exam(run, frames, found, vanished_share(run.space, run.weights), verdict_of(run))


def points_of(samples: int, weights: int) -> int:
    """How finely a surface is drawn, along each axis, so that one does not wait for it.

    >>> points_of(140, 400), points_of(140, 70_000), points_of(5000, 500_000)
    (45, 22, 21)
    """
    least, most = POINTS
    return int(np.clip(np.sqrt(PRODUCTS / max(1, samples * weights)), least, most))


def pair_of(runs: tuple[Run, ...]) -> Pair:
    """The surfaces of runs of one model whose objectives differ, over the plane of their paths.

    How to read it: the same weights have another height on each surface. A penalty raises the
    surface far from zero, so that its valley is rounder and lies nearer to zero.

    Args:
        runs: Of experiments whose models have the same parameters.

    Raises:
        SettingError: When no path moves, so that there is no plane through them.
    """
    try:
        plane = pca_plane(runs)
    except ValueError as error:
        raise SettingError(f"There is no plane through these paths. {error}") from None
    coords = [plane.project(run.weights) for run in runs]
    samples = len(runs[0].its_problem().data.inputs)
    points = points_of(samples, runs[0].space.size)
    x, y = grid(window(plane, [where for where, _ in coords]), points)
    surfaces, ways = [], []
    for run, (where, residual) in zip(runs, coords, strict=True):
        problem = run.its_problem()
        surfaces.append(evaluate(problem, plane, x, y))
        ways.append(
            Way(
                run.recorded,
                where,
                run.loss.double().numpy()[run.recorded],
                slice_loss(problem, plane, where).double().numpy(),
                np.asarray(residual),
            )
        )
    return Pair(plane, tuple(surfaces), tuple(ways))
