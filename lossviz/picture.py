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
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from lossviz import plane as planes
from lossviz.comparison import Comparison
from lossviz.curvature import Along, sharpness_along
from lossviz.plane import Plane
from lossviz.problem import Problem, build
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Split
from lossviz.registry import SettingError
from lossviz.run import Run, race
from lossviz.run.frames import spread
from lossviz.settings import Experiment
from lossviz.surface import Surface, evaluate, slice_loss
from lossviz.surface.layers import Layer, split_of
from lossviz.surface.predictions import Confusion, Fit, Parity, Regions, predictions
from lossviz.surface.scores import right_share

#: A path is drawn through at most this many of its recorded steps, evenly chosen.
MOST_FRAMES = 1001
#: The sharpness of a path is looked at in so many places at most, fewer where that would take
#: longer than about so many seconds.
SHARPNESS_FRAMES = 61
SHARPNESS_SECONDS = 4.0
#: Predictions are computed ahead for at most this many steps, and regions on so many points a side.
PREDICTION_FRAMES = 121
PREDICTION_POINTS = 41


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

    def joined(self, later: Track) -> Track:
        """The path with what has come after it."""
        return Track(
            *(
                np.concatenate([getattr(self, f.name), getattr(later, f.name)])
                for f in fields(Track)
            )
        )


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
    runs = tuple(race(comparison.experiments(), start=start))
    for run in runs:
        # Computed here, in the worker, and sent along with the run.
        _ = run.metrics
    return runs


def plane_of(comparison: Comparison, runs: Sequence[Run]) -> Plane:
    """The plane that the comparison asks for, through these runs.

    Raises:
        SettingError: When there is no such plane.
    """
    problem = shared_problem(comparison)
    if comparison.plane == "exact":
        return planes.exact_plane(problem)
    end = runs[0].weights[-1]
    if comparison.plane == "hessian":
        return planes.hessian_plane(problem, end)
    if comparison.plane == "random":
        return _random(comparison, problem, end)
    return planes.pca_plane(runs)


def _random(comparison: Comparison, problem: Problem, end: Tensor) -> Plane:
    try:
        return planes.random_plane(
            problem,
            problem.space.unflatten(end),
            seed=comparison.plane_seed,
            normalize=comparison.normalize,  # type: ignore[arg-type]
        )
    except ValueError:
        raise SettingError(
            "There are no two random directions to draw: they leave the biases out and are scaled "
            "to the other weights, of which too few differ from zero at A's last step. Choose "
            "another normalisation or another slice."
        ) from None


def slice_of(comparison: Comparison, runs: Sequence[Run], plane: Plane | None = None) -> Slice:
    """The plane (or the given one), its window, and every run projected on it.

    The plane is of all runs, the window of those that are visible.
    """
    plane = plane_of(comparison, runs) if plane is None else plane
    tracks = tuple(track_of(comparison, plane, run) for run in runs)
    coords = [torch.from_numpy(t.coords) for t in tracks]
    # Who is hidden does not count, so that one who travels far can be put aside. The plane stays.
    seen = [c for c, one in zip(coords, comparison.contenders, strict=True) if one.visible]
    window = planes.window(plane, seen or coords)
    return Slice(plane, window, tracks)


def track_of(comparison: Comparison, plane: Plane, run: Run, after: int = -1) -> Track:
    """One run on the plane: its frames after a step (all of them for -1)."""
    problem = shared_problem(comparison)
    frames = spread(len(run.recorded), MOST_FRAMES)
    steps = np.asarray(run.recorded)[frames]
    frames, steps = frames[steps > after], steps[steps > after]
    coords, residual = plane.project(run.weights[frames])
    layer: Layer = "test loss" if _split(comparison) == "test" else "train loss"
    return Track(
        steps,
        coords.numpy(),
        true_heights(problem, run, frames, layer),
        slice_loss(problem, plane, coords, _split(comparison)).double().numpy(),
        residual.numpy(),
    )


def true_heights(problem: Problem, run: Run, frames: np.ndarray, layer: Layer) -> np.ndarray:
    """The layer (T,) at the weights of some frames of a run, whatever plane is drawn.

    A run's metrics are without a penalty, and of networks as one would use them. Where the surface
    is of another function, because batch normalisation takes other statistics or there is a
    penalty, so is this: else what a slice leaves out could not be told from that.
    """
    weights, model = run.weights[frames], problem.model
    other = isinstance(model, ModuleModel) and model.normalises and model.statistics != "recomputed"
    if other:
        found = np.array([_height(problem, row, layer) for row in weights])
    else:
        found = np.asarray(run.metrics[layer.replace(" ", "_")])[frames]
    if problem.penalty is not None and layer.endswith("loss"):
        found = found + problem.penalty.value(weights).double().numpy()
    return found


def _height(problem: Problem, row: Tensor, layer: Layer) -> float:
    """The layer at one setting of the weights, without a penalty."""
    inputs, targets = problem.batch(split_of(layer))
    with torch.no_grad():
        outputs = problem.model.forward(problem.space.unflatten(row), inputs)
        if layer.endswith("accuracy"):
            return float(right_share(problem, outputs[None], targets))
        return float(problem.criterion(outputs, targets))


def surface_on(comparison: Comparison, cut: Slice, points: int) -> Surface:
    """The loss over the slice's window, on ``points`` x ``points`` cells."""
    x, y = planes.grid(cut.window, points)
    return evaluate(shared_problem(comparison), cut.plane, x, y, _split(comparison))


def drawn_on(
    comparison: Comparison, runs: Sequence[Run], plane: Plane | None, points: int
) -> tuple[Slice, Surface]:
    """`slice_of` and `surface_on` as one task, which carries nothing back and forth between."""
    cut = slice_of(comparison, runs, plane)
    return cut, surface_on(comparison, cut, points)


def _split(comparison: Comparison) -> Split:
    return "test" if comparison.split == "test" else "train"


@dataclass(frozen=True, eq=False)
class Seen:
    """What a model predicts along its run, small enough to be sent for every step.

    Args:
        kind: "regions", "fit", "confusion" or "parity".
        steps: (F,) step numbers.
        values: Regions: (F, ny, nx) uint8, the probability of class 1 as 0..255 where there are two
            classes, else the most probable class. Fit: (F, n) float32. Confusion: (F, k, k) counts.
            Parity: (F, N) float32.
        x, y: The grid of regions, or the line of a fit (scaled like the inputs).
        confidence: Regions of more than two classes: the probability of the class as 0..255.
        split: The samples that a confusion counts.
    """

    kind: str
    steps: np.ndarray
    values: np.ndarray
    x: np.ndarray | None = None
    y: np.ndarray | None = None
    confidence: np.ndarray | None = None
    split: str = "test"


def surface_seconds(comparison: Comparison, points: int) -> float:
    """About how long `surface_on` takes, right within a factor of three or so."""
    return points * points * loss_seconds(comparison)


def loss_seconds(comparison: Comparison) -> float:
    """About how long one evaluation of the loss takes among many."""
    problem = shared_problem(comparison)
    samples = len(problem.batch(_split(comparison))[0])
    units = sum(shape[0] for shape in problem.space.shapes if len(shape) > 1)
    # Measured: about 30 G products and 2 G activations a second.
    return max(samples * (problem.space.size / 15e9 + units / 2e9), 2e-6)


def sharpness_of(comparison: Comparison, run: Run) -> Along:
    """The largest curvature along a run, with what its optimizer stands.

    It is that of the loss on the training samples. In at most `SHARPNESS_FRAMES` places, spread
    over the run.
    """
    # A product with the Hessian takes about ten times as long as the loss, and six are enough.
    places = SHARPNESS_SECONDS / (60 * loss_seconds(comparison))
    places = int(min(max(places, 7), SHARPNESS_FRAMES))
    every = max(1, -(-(len(run.recorded) - 1) // (places - 1)))
    return sharpness_along(shared_problem(comparison), run, every)


def predictions_of(comparison: Comparison, run: Run) -> Seen | None:
    """What the model of one run predicts, at steps spread over the run.

    None where there is nothing to draw (see `lossviz.surface.predictions`). Frames whose
    probabilities are not finite numbers are left out.
    """
    frames = spread(len(run.recorded), PREDICTION_FRAMES)
    found = predictions(shared_problem(comparison), run, frames, PREDICTION_POINTS)
    if isinstance(found, Regions):
        return _regions(found)
    if isinstance(found, Fit):
        return Seen("fit", found.steps, found.values.numpy(), found.x.numpy())
    if isinstance(found, Confusion):
        return Seen("confusion", found.steps, found.counts.numpy(), split=found.split)
    if isinstance(found, Parity):
        return Seen("parity", found.steps, found.values.float().numpy())
    return None


def _regions(found: Regions) -> Seen:
    good = found.probabilities.isfinite().flatten(1).all(dim=1).numpy()
    probabilities = found.probabilities[good]
    x, y, steps = found.x.numpy(), found.y.numpy(), found.steps[good]
    if probabilities.shape[-1] == 2:
        return Seen("regions", steps, _bytes(probabilities[..., 1]), x, y)
    sure, best = probabilities.max(dim=-1)
    return Seen("regions", steps, best.to(torch.uint8).numpy(), x, y, _bytes(sure))


def _bytes(probabilities: Tensor) -> np.ndarray:
    return (probabilities * 255).round().to(torch.uint8).numpy()
