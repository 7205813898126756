"""How all eigenvalues of a Hessian are spread, without computing them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lossviz.curvature.lanczos import ritz_after
from lossviz.curvature.products import HessianProducts
from lossviz.curvature.trace import signs
from lossviz.problem.problem import Problem, Split
from lossviz.problem.vector import Point
from lossviz.registry import SettingError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpectralDensity:
    """The density of a Hessian's eigenvalues.

    How to read it: the area over an interval is the share of the P eigenvalues in it. Trained
    networks show a tall peak at 0 (directions that hardly matter) and a few eigenvalues far out on
    the right, about as many as there are classes; a tail left of 0 says that it is no minimum yet.

    Args:
        grid: (G,), eigenvalues.
        density: (G,), its integral over all numbers is 1.
        values: (R, m), the Ritz values of each of R random starts.
        weights: (R, m), the share of the spectrum that each stands for; each row sums to 1.
        width: The standard deviation of the bell that each Ritz value is drawn as.
        size: P, the number of eigenvalues.
        products: How many Hessian-vector products it took.
    """

    grid: Floats
    density: Floats
    values: Floats
    weights: Floats
    width: float
    size: int
    products: int

    def moment(self, power: int) -> tuple[float, float]:
        """The sum of all eigenvalues to a power, and its standard error.

        Power 1 is the trace and power 2 the squared Frobenius norm. Up to power 2m - 1 each start
        gives exactly z^T H^power z of its own vector z, so that the only error is that of sampling.
        """
        each = self.size * (self.weights * self.values**power).sum(1)
        spread = each.std(ddof=1) if len(each) > 1 else np.nan
        return float(each.mean()), float(spread / np.sqrt(len(each)))

    def share_below(self, bounds: Floats) -> Floats:
        """The share of the spectrum at or below each bound, from the values themselves."""
        below = self.values[None] <= np.asarray(bounds, dtype=np.float64)[:, None, None]
        return np.asarray((below * self.weights).sum((1, 2)) / len(self.values))


def spectral_density(
    problem: Problem,
    params: Point | None = None,
    starts: int = 8,
    steps: int = 60,
    seed: int = 0,
    *,
    points: int = 512,
    width: float | None = None,
    dtype: torch.dtype | None = None,
    split: Split = "train",
) -> SpectralDensity:
    """The spectral density of the loss's Hessian by stochastic Lanczos quadrature.

    Source: Lin, Saad and Yang 2016; Ghorbani, Krishnan and Xiao 2019. Each start is a row of random
    signs; m steps of Lanczos with full reorthogonalisation give Ritz values and weights, each drawn
    as a normal bell. It holds ``starts * steps * P`` numbers in float64.

    Args:
        problem: What is lowered.
        params: The point; the start when it is not given.
        starts: R, random vectors.
        steps: m, at most P are taken.
        seed: Of the random vectors.
        points: G, of the grid.
        width: Of the bells, in units of the eigenvalues; 1/100 of the range when it is not given.
        dtype: The precision of the products; the problem's own when it is not given.
        split: The samples over which the loss is meant.

    Raises:
        SettingError: For numbers that are not positive, or curvature that is not finite.
    """
    if min(starts, steps, points) < 1 or (width is not None and not width > 0):
        raise SettingError("starts, steps, points and width must all be above 0.")
    products = HessianProducts(problem, params, dtype=dtype, split=split)
    generator = torch.Generator().manual_seed(seed)
    ritz = ritz_after(products, signs(generator, starts, products), steps)
    if not ritz.values.isfinite().all():
        raise SettingError("The curvature at this point is not a finite number.")
    values, weights = ritz.values.cpu().numpy(), ritz.weights.cpu().numpy()
    # Steps after a row's space was exhausted stand for nothing.
    beyond = np.arange(values.shape[1]) < values.shape[1] - ritz.sizes.cpu().numpy()[:, None]
    weights = np.where(beyond, 0.0, weights)
    values = np.where(beyond, values[:, -1:], values)
    low, high = float(values.min()), float(values.max())
    if width is None:
        width = (high - low) / 100 or max(abs(high), 1.0) / 100
    grid = np.linspace(low - 5 * width, high + 5 * width, points)
    density = _bells(grid, values, weights, width)
    return SpectralDensity(grid, density, values, weights, width, products.size, products.count)


def _bells(grid: Floats, values: Floats, weights: Floats, width: float) -> Floats:
    apart = (grid[:, None] - values.reshape(1, -1)) / width
    bells = np.exp(-(apart**2) / 2) / (width * np.sqrt(2 * np.pi))
    return np.asarray(bells @ weights.reshape(-1) / len(values))
