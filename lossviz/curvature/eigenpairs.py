"""The outermost eigenvalues of a Hessian, and the directions they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from lossviz.curvature.lanczos import Lanczos
from lossviz.curvature.products import HessianProducts
from lossviz.problem.problem import Problem, Split
from lossviz.problem.space import Params, ParamSpace
from lossviz.problem.vector import Point
from lossviz.registry import SettingError

Which = Literal["LA", "SA", "LM"]
Floats = NDArray[np.float64]

#: Up to so many parameters the whole Hessian is formed from its products.
SMALL = 32
#: Steps of Lanczos for a single eigenpair before ARPACK takes over, and those it takes at least.
FIRST = 20
LEAST = 4
#: The residual that is asked for, beside the largest eigenvalue, by precision.
TOLERANCE = {torch.float64: 1e-8}
ROUNDED = 1e-4


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Some eigenvalues of a Hessian and their eigenvectors.

    How to read it: along ``vectors[i]`` the loss curves with ``values[i]`` (loss per squared unit
    of weight). Plain gradient descent of rate eta is stable while the largest one is below 2 / eta.

    Args:
        values: (k,), the outermost first.
        vectors: (k, P) in float64, orthonormal; the largest entry of each is positive.
        residuals: (k,), the lengths of H v - value v: an eigenvalue lies no farther away.
        products: How many Hessian-vector products it took.
        space: Names and shapes of the parameters.
    """

    values: Floats
    vectors: Tensor
    residuals: Floats
    products: int
    space: ParamSpace

    def direction(self, i: int) -> Params:
        """The i-th eigenvector as named tensors."""
        return self.space.unflatten(self.vectors[i])


def top_eigenpairs(
    problem: Problem,
    params: Point | None = None,
    k: int = 2,
    which: Which = "LA",
    tol: float | None = None,
    seed: int = 0,
    *,
    dtype: torch.dtype | None = None,
    split: Split = "train",
    scale: Tensor | None = None,
    start: Tensor | None = None,
    most: int = 300,
) -> Eigenpairs:
    """The k outermost eigenpairs of the loss's Hessian, by Lanczos on its products.

    Source: Lehoucq, Sorensen and Yang 1998 (ARPACK, through `scipy.sparse.linalg.eigsh`). A single
    one is looked for by `lossviz.curvature.lanczos` first, which stops at once when it has settled,
    where ARPACK takes 20 products at least. Up to 32 parameters the whole matrix is formed and
    solved instead.

    Args:
        problem: What is lowered.
        params: The point, as named tensors or one vector; the start when it is not given.
        k: How many, at most P.
        which: "LA" the largest, "SA" the smallest (the most negative ones, by which a saddle is
            left), "LM" those of largest magnitude.
        tol: The residual that is enough, as a share of the eigenvalue; 1e-8 in float64 and 1e-4 in
            float32, whose products are no better, when it is not given.
        seed: Of the start vector: the same seed gives the same bits.
        dtype: The precision of the products; the problem's own when it is not given.
        split: The samples over which the loss is meant.
        scale: (P,), factors d: then the eigenpairs are those of D H D with D = diag(d).
        start: (P,), a vector to start from, say an eigenvector of a point near by.
        most: At most so many restarts.

    Raises:
        SettingError: For another ``which`` or ``k``, a point that does not fit, curvature that is
            not finite, or when it does not converge.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: 2 * x**2 - y**2, (0.0, 0.0))
    >>> top_eigenpairs(bowl).values.tolist()
    [4.0, -2.0]
    """
    products = HessianProducts(problem, params, dtype=dtype, split=split, scale=scale)
    _check(which, k, products.size)
    tol = TOLERANCE.get(products.dtype, ROUNDED) if tol is None else tol
    first = np.random.default_rng(seed).standard_normal(products.size)
    if start is not None:
        first = start.detach().to("cpu", torch.float64).numpy().reshape(-1)
    operator = products.operator()
    values, columns = _found(operator, k, which, tol, first, most)
    vectors = columns * np.where(columns[np.abs(columns).argmax(0), np.arange(k)] < 0, -1.0, 1.0)
    residuals = np.linalg.norm(operator.matmat(vectors) - vectors * values, axis=0)
    return Eigenpairs(
        values,
        torch.from_numpy(np.ascontiguousarray(vectors.T)),
        residuals,
        products.count,
        problem.space,
    )


def _check(which: str, k: int, size: int) -> None:
    if which not in ("LA", "SA", "LM"):
        raise SettingError(f"which is {which!r}, but must be one of LA, SA, LM.")
    if not 1 <= k <= size:
        raise SettingError(f"k is {k}, but must be between 1 and {size}, the parameters.")


def _found(
    operator: LinearOperator, k: int, which: Which, tol: float, first: Floats, most: int
) -> tuple[Floats, Floats]:
    """The values (k,) and vectors (P, k), by the way that suits their number and the size."""
    if operator.shape[0] <= max(SMALL, k + 1):
        return _dense(operator, k, which)
    found, near = _single(operator, which, tol, first) if k == 1 else (None, first)
    return found or _lanczos(operator, k, which, tol, near, most)


def _dense(operator: LinearOperator, k: int, which: Which) -> tuple[Floats, Floats]:
    matrix = operator.matmat(np.eye(operator.shape[0]))
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    order = _order(values, which)[:k]
    return values[order], vectors[:, order]


def _single(
    operator: LinearOperator, which: Which, tol: float, start: Floats
) -> tuple[tuple[Floats, Floats] | None, Floats]:
    """The one outermost eigenpair, or None; and the nearest vector so far, as a better start."""
    if which == "LM":
        return None, start
    sign = -1.0 if which == "SA" else 1.0

    def apply(rows: Tensor) -> Tensor:
        return sign * torch.from_numpy(operator.matvec(rows[0].numpy()))[None]

    lanczos = Lanczos(apply, torch.from_numpy(start)[None], FIRST)
    while not lanczos.done:
        lanczos.step()
        if lanczos.m < LEAST or (lanczos.m % 2 and not lanczos.done):
            continue  # a look costs about as much as a product of a small network
        ritz = lanczos.ritz()
        if float(ritz.residual) <= tol * float(ritz.values.abs().max()):
            vector = ritz.top(1)[0].T.numpy()
            return (sign * ritz.values[0, -1:].numpy(), vector), vector[:, 0]
    return None, lanczos.ritz().top(1)[0, 0].numpy()


def _lanczos(
    operator: LinearOperator, k: int, which: Which, tol: float, start: Floats, most: int
) -> tuple[Floats, Floats]:
    if not operator.matvec(start).any() and not operator.matvec(np.roll(start, 1)).any():
        # No curvature at all: every direction is an eigenvector, and Lanczos has nothing to build.
        return np.zeros(k), np.eye(operator.shape[0], k)
    try:
        values, vectors = eigsh(operator, k=k, which=which, v0=start, tol=tol, maxiter=most)
    except ArpackNoConvergence as error:
        raise SettingError(
            f"Only {len(error.eigenvalues)} of {k} eigenvalues settled to {tol:g} within {most} "
            "restarts; take a larger tol, fewer eigenvalues, or float64."
        ) from None
    order = _order(values, which)
    return values[order], vectors[:, order]


def _order(values: Floats, which: Which) -> NDArray[np.intp]:
    """The places of the values, the outermost first."""
    keys = {"LA": -values, "SA": values, "LM": -np.abs(values)}
    return np.argsort(keys[which], kind="stable")
