"""Eigenvalues and eigenvectors of many small symmetric matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lossviz.curvature.hessian import hessians
from lossviz.problem.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenvalues of F symmetric matrices, ascending, and their eigenvectors.

    A positive eigenvalue is a direction in which the surface curves upwards, a negative one a
    direction in which it curves downwards; the largest one decides how long steps may be.

    Args:
        values: (F, P), ascending; NaN where the matrix is not finite.
        vectors: (F, P, P): ``vectors[f, :, i]`` has length 1 and belongs to ``values[f, i]``.
    """

    values: Floats
    vectors: Floats

    @property
    def highest(self) -> Floats:
        """The largest eigenvalues (F,)."""
        return self.values[:, -1]

    @property
    def lowest(self) -> Floats:
        """The smallest eigenvalues (F,)."""
        return self.values[:, 0]


def spectra(matrices: Tensor | NDArray[Any]) -> Spectrum:
    """The spectrum of symmetric matrices (F, P, P); two by two ones in closed form.

    >>> spectra(np.array([[[2.0, 1.0], [1.0, 2.0]]])).values.tolist()
    [[1.0, 3.0]]
    """
    array = np.asarray(matrices, dtype=np.float64)
    if array.shape[-1] == 2:
        return _two_by_two(array)
    finite = np.isfinite(array).all((-1, -2))
    values = np.full(array.shape[:-1], np.nan)
    vectors = np.full(array.shape, np.nan)
    values[finite], vectors[finite] = np.linalg.eigh(array[finite])
    return Spectrum(values, vectors)


def eigenvalues_along(problem: Problem, weights: Tensor) -> Floats:
    """The eigenvalues of the loss's Hessian along a path.

    Args:
        problem: What is lowered.
        weights: The path (F, P), say ``run.weights``.

    Returns:
        (F, P) ascending; NaN where the Hessian is not finite.

    Raises:
        SettingError: See `hessians`.
    """
    return spectra(hessians(problem, weights)).values


def _two_by_two(array: Floats) -> Spectrum:
    """[[a, b], [b, c]] has the eigenvalues (a + c)/2 -+ hypot((a - c)/2, b).

    The eigenvector of the larger one stands at half the angle of ((a - c)/2, b).
    """
    # NaN and infinite entries pass through as NaN.
    with np.errstate(invalid="ignore", over="ignore"):
        half, b = (array[:, 0, 0] - array[:, 1, 1]) / 2, array[:, 0, 1]
        middle = array[:, 0, 0] / 2 + array[:, 1, 1] / 2
        away = np.hypot(half, b)
        values = np.stack([middle - away, middle + away], axis=-1)
        angle = np.arctan2(b, half) / 2
    values[~np.isfinite(array).all((-1, -2))] = np.nan
    cosine, sine = np.cos(angle), np.sin(angle)
    vectors = np.stack(
        [np.stack([-sine, cosine], axis=-1), np.stack([cosine, sine], axis=-1)], axis=-1
    )
    vectors[np.isnan(values).any(-1)] = np.nan
    return Spectrum(values, vectors)
