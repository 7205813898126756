"""What can be said of one point of a path: its spectrum, and how sharp it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lossviz.curvature import (
    SpectralDensity,
    sharpness,
    spectral_density,
    top_eigenpairs,
    trace,
    worst_case,
)
from lossviz.run import Run
from lossviz.settings import Experiment
from lossviz.survey.ground import problem_of

#: So many eigenvalues are given at the upper end of the spectrum, and at the lower one.
TOP, BOTTOM = 5, 3
#: Random vectors, and steps of Lanczos with each, of the density; samples of the trace.
STARTS, STEPS, SAMPLES = 4, 40, 40
#: The radius of the ball in which the worst step is looked for, that of Foret et al. 2021.
RADIUS = 0.05


#: Products with the Hessian that the spectrum and the measures take in all, about.
SPECTRUM_PRODUCTS, MEASURES_PRODUCTS = 400, 120


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenvalues of the training loss's Hessian at one point.

    How to read it: see `lossviz.curvature.SpectralDensity`. A negative eigenvalue says that the
    point is no minimum: there is still a way down in its direction, however shallow.

    Args:
        highest: (k,), the largest eigenvalues, the largest first.
        lowest: (j,), the smallest ones, the smallest first.
        density: How all of them are spread.
    """

    highest: np.ndarray
    lowest: np.ndarray
    density: SpectralDensity


@dataclass(frozen=True)
class Measures:
    """Four measures of how sharp a point is; each is larger at a sharper one.

    Args:
        largest: The largest eigenvalue of the Hessian H: what limits the learning rate.
        trace: The sum of all eigenvalues, and its standard error.
        worst: The highest rise of the loss within ``radius`` that was found; what SAM lowers.
        filtered: The largest eigenvalue when each filter's step is measured by its own norm: the
            same for networks that differ only by a rescaling of layers.
        radius: Of the ball of ``worst``.
    """

    largest: float
    trace: tuple[float, float]
    worst: float
    filtered: float
    radius: float = RADIUS


def frame_at(run: Run, percent: int) -> int:
    """The recorded frame nearest to a share of the path: 0 for its start, 100 for its end."""
    return round(percent / 100 * (len(run.recorded) - 1))


def spectrum_at(experiment: Experiment, theta: Tensor) -> Spectrum:
    """The spectrum at the weights (P,).

    Raises:
        SettingError: When the curvature there is not finite, or does not settle.
    """
    problem = problem_of(experiment)
    size = problem.space.size
    top = top_eigenpairs(problem, theta, k=min(TOP, size), which="LA")
    bottom = top_eigenpairs(problem, theta, k=min(BOTTOM, size), which="SA")
    density = spectral_density(problem, theta, starts=STARTS, steps=STEPS)
    return Spectrum(top.values, bottom.values, density)


def measures_at(experiment: Experiment, theta: Tensor) -> Measures:
    """The measures of sharpness at the weights (P,).

    Raises:
        SettingError: When the loss or the curvature there is not finite.
    """
    problem = problem_of(experiment)
    found = trace(problem, theta, SAMPLES, way="hutch++")
    return Measures(
        sharpness(problem, theta),
        (found.value, found.error),
        worst_case(problem, theta, RADIUS, starts=2, steps=10).rise,
        sharpness(problem, theta, normalize="filter"),
    )
