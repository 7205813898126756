"""From a survey and its runs to the slices it draws, as pure functions.

survey = Survey(views=(View("pca"), View("random")))
runs = runs_of(survey)
cut = slice_of(survey, survey.views[0], False, runs)
layers = surface_of(survey, cut, runs)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lossviz import plane as planes
from lossviz.picture import MOST_FRAMES, Track, spread, true_heights
from lossviz.plane import Plane
from lossviz.plane.window import Range
from lossviz.problem import Problem
from lossviz.problem.normalise import Statistics
from lossviz.run import Run, race
from lossviz.settings import Experiment
from lossviz.surface import Layers, RandomSlices, evaluate_layers, random_slices
from lossviz.surface.layers import Layer, split_of
from lossviz.surface.losses import PlaneLosses, mixtures
from lossviz.surface.random_slices import AROUND
from lossviz.survey.entrant import Entrant
from lossviz.survey.ground import Ground, buffers_for, problem_of
from lossviz.survey.survey import Survey
from lossviz.survey.views import NAMING, View

#: The runs of a survey by the names of their entrants.
Runs = Mapping[str, Run]

#: At so many distances from the middle random slices are compared, at so many places in all.
RADII = 13
PLACES = 4 + RADII * AROUND


@dataclass(frozen=True, eq=False)
class Cut:
    """A slice through one of the networks: its plane, what of it is drawn, and the paths on it.

    Args:
        plane: The two directions.
        window: The ranges of x and y that are drawn.
        tracks: Each run's path by its entrant's name; ``loss`` and ``slice_loss`` are what the
            survey's ``layer`` says, at the weights and at their shadow on the plane, of the very
            function that the surface is of.
        second: Whether it is of the second network.
    """

    plane: Plane
    window: tuple[Range, Range]
    tracks: Mapping[str, Track]
    second: bool = False


def runs_of(survey: Survey, entrants: Sequence[Entrant] | None = None) -> dict[str, Run]:
    """The runs of a survey (or of some of its entrants), with their metrics."""
    entrants = survey.entrants() if entrants is None else entrants
    runs = trained([entrant.experiment for entrant in entrants])
    return {entrant.name: run for entrant, run in zip(entrants, runs, strict=True)}


def trained(experiments: Sequence[Experiment]) -> tuple[Run, ...]:
    """The runs of experiments, with their metrics."""
    runs = tuple(race(experiments))
    for run in runs:
        _ = run.metrics  # asking is computing
    return runs


def layer_of(survey: Survey) -> Layer:
    """The layer that the surfaces are of, as `lossviz.surface.evaluate_layers` calls it."""
    layer: Layer = survey.layer.replace("_", " ")  # type: ignore[assignment]
    return layer


def ground_of(survey: Survey, second: bool, runs: Runs) -> Ground:
    """One of the networks with the runs on it."""
    own = {e.name: runs[e.name] for e in survey.entrants() if e.second == second}
    return Ground(problem_of(survey.model(second)), own)


def statistics_of(survey: Survey) -> Statistics:
    """What batch normalisation uses on the surfaces."""
    return survey.statistics  # type: ignore[return-value]


def drawn_problem(survey: Survey, second: bool, runs: Runs) -> Problem:
    """The problem with what its batch normalisation uses on the surfaces.

    Raises:
        SettingError: When the statistics that a run leaves behind cannot be found.
    """
    experiment = survey.model(second)
    first = next(e.name for e in survey.entrants() if e.second == second)
    buffers = buffers_for(experiment, statistics_of(survey), runs[first])
    return problem_of(experiment).with_statistics(statistics_of(survey), buffers or None)


def plane_of(survey: Survey, view: View, second: bool, runs: Runs) -> Plane:
    """The plane of a view through the runs on one of the networks.

    Raises:
        SettingError: When the plane cannot be laid, say through equal points.
    """
    renamed = {letter: f"{letter}₂" if second else letter for letter in survey.letters}
    given = {
        name: renamed.get(str(value), value) if name in NAMING else value
        for name, value in view.params.items()
    }
    plane: Plane = view.entry.make(ground_of(survey, second, runs), **given)
    return plane


def slice_of(survey: Survey, view: View, second: bool, runs: Runs) -> Cut:
    """The plane of a view, its window, and the runs on that network projected on it.

    The plane is of all runs, the window of those that are visible.

    Raises:
        SettingError: See `plane_of` and `drawn_problem`.
    """
    plane = plane_of(survey, view, second, runs)
    own = ground_of(survey, second, runs).runs
    problem = drawn_problem(survey, second, runs)
    tracks = {name: track_of(survey, problem, plane, run) for name, run in own.items()}
    return Cut(plane, window_of(view, plane, tracks, visible(survey)), tracks, second)


def visible(survey: Survey) -> tuple[str, ...]:
    """The names of the runs that are drawn."""
    return tuple(e.name for place, e in enumerate(survey.entrants()) if place not in survey.hidden)


def seen_by(survey: Survey, view: View, cut: Cut) -> Cut:
    """A slice of the same runs as this survey's hidden ones leave it: with another window."""
    return replace(cut, window=window_of(view, cut.plane, cut.tracks, visible(survey)))


def window_of(
    view: View, plane: Plane, tracks: Mapping[str, Track], names: Sequence[str]
) -> tuple[Range, Range]:
    """The part of the plane that is drawn: the visible paths, or the reach of random directions."""
    if "reach" in view.params:
        reach = float(view.params["reach"])
        return (-reach, reach), (-reach, reach)
    seen = [tracks[name] for name in names if name in tracks] or list(tracks.values())
    return planes.window(plane, [torch.from_numpy(track.coords) for track in seen])


def track_of(survey: Survey, problem: Problem, plane: Plane, run: Run) -> Track:
    """One run on the plane."""
    frames = spread(len(run.recorded), MOST_FRAMES)
    coords, residual = plane.project(run.weights[frames])
    return Track(
        np.asarray(run.recorded)[frames],
        coords.numpy(),
        true_heights(problem, run, frames, layer_of(survey)),
        heights(problem, plane, coords.numpy(), layer_of(survey)),
        residual.numpy(),
    )


def heights(problem: Problem, plane: Plane, coords: np.ndarray, layer: Layer) -> np.ndarray:
    """The layer (T,) at points (T, 2) of a plane, which is the surface's height there."""
    losses = PlaneLosses(problem, plane, split_of(layer))
    points = torch.from_numpy(coords)
    if layer.endswith("accuracy"):
        return losses.with_accuracy(mixtures(points))[1].double().numpy()
    return losses(points).double().numpy()


def grid_of(survey: Survey, window: tuple[Range, Range]) -> tuple[torch.Tensor, torch.Tensor]:
    """The grid over a window of a plane."""
    return planes.grid(window, int(survey.grid))


def surface_of(survey: Survey, cut: Cut, runs: Runs) -> Layers:
    """The surface over a slice's window, whole and at once."""
    x, y = grid_of(survey, cut.window)
    problem = drawn_problem(survey, cut.second, runs)
    return evaluate_layers(problem, cut.plane, x, y, [layer_of(survey)])


def spread_of(survey: Survey, run: Run) -> RandomSlices:
    """Random slices under several seeds through the end of a run: is one of them typical?

    They are scaled, and go as far, as those of the first view of random directions.
    """
    view = next((one for one in survey.views if one.plane == "random"), View("random"))
    problem = drawn_problem(survey, False, {"A": run})
    return random_slices(
        problem,
        run.weights[-1],
        range(survey.slices),
        points=2,  # only the rings are drawn
        radii=RADII,
        reach=float(view.params["reach"]),
        normalize=view.params["normalize"],  # type: ignore[arg-type]
        split=split_of(layer_of(survey)),
    )
