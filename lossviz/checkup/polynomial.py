"""Polynomials through noisy points of a sine: what complexity does, without any training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from lossviz.registry import SettingError, datasets

#: The points at which a fit is compared with the truth.
GRID = 200
#: The most points whose polynomials can be computed with sense.
MOST_POINTS = 100


@dataclass(frozen=True, eq=False)
class PolynomialFit:
    """A least-squares fit of a polynomial.

    Args:
        degree: Of the polynomial.
        x, y: (N,), the noisy points.
        grid: (G,), where it is drawn.
        fitted: (G,), its values there.
        truth: (G,), what the points were drawn from.
        train: The mean squared error at the points.
        test: The mean squared error against the truth, over the grid.
    """

    degree: int
    x: np.ndarray
    y: np.ndarray
    grid: np.ndarray
    fitted: np.ndarray
    truth: np.ndarray
    train: float
    test: float


def polynomial_fit(
    degree: int, points: int = 15, noise: float = 0.2, seed: int = 0, ridge: float = 0.0
) -> PolynomialFit:
    r"""The best polynomial through noisy points of $\sin 2 \pi x$ on [0, 1].

    It is written in Chebyshev polynomials $T_k(2x - 1)$, which keeps the equations well
    conditioned, and minimises
    $\tfrac1N \sum_i (p(x_i) - y_i)^2 + \lambda \sum_{k \ge 1} c_k^2$.

    How to read it: the training error can only fall with the degree; once the polynomial has a
    coefficient for each point, it is zero. The error against the truth falls first and rises then:
    there the polynomial learns the noise.

    Args:
        degree: 0 or more.
        points: N, evenly spaced, at least 2.
        noise: Standard deviation of the noise on y.
        seed: Of the noise, in ``numpy.random.default_rng``.
        ridge: The factor of the penalty on the coefficients, the constant left out.

    Raises:
        SettingError: For numbers out of these ranges.

    >>> [round(polynomial_fit(degree).test, 3) for degree in (1, 3, 9)]
    [0.202, 0.021, 0.035]
    """
    if degree < 0 or not 2 <= points <= MOST_POINTS or noise < 0 or not 0 <= ridge < np.inf:
        raise SettingError(
            f"The degree is {degree}, with {points} points, noise {noise:g} and ridge {ridge:g}; "
            f"they must be 0 or more, with 2 to {MOST_POINTS} points."
        )
    table = datasets["sine"].make(
        np.random.default_rng(seed), samples=points, noise=noise, periods=1.0
    )
    x, y = table.inputs[:, 0], table.targets
    basis = chebyshev.chebvander(2 * x - 1, degree)
    # A penalty is as good as further equations: sqrt(N lambda) c_k = 0.
    held = np.sqrt(points * ridge) * np.eye(degree + 1)[1:] if ridge else np.empty((0, degree + 1))
    coefficients = np.linalg.lstsq(
        np.vstack([basis, held]), np.append(y, np.zeros(len(held))), rcond=None
    )[0]
    grid = np.linspace(0, 1, GRID)
    fitted = chebyshev.chebvander(2 * grid - 1, degree) @ coefficients
    truth = np.sin(2 * np.pi * grid)
    return PolynomialFit(
        degree, x, y, grid, fitted, truth,
        train=float(np.mean((basis @ coefficients - y) ** 2)),
        test=float(np.mean((fitted - truth) ** 2)),
    )  # fmt: skip
