"""The Lanczos recurrence for several symmetric operators, or several starts, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

#: Rows (K, P) to their products (K, P), each row with its own operator.
Apply = Callable[[Tensor], Tensor]

#: A new direction shorter than this share of the operator's size is rounding.
EXHAUSTED = 1e-12


@dataclass(frozen=True, eq=False)
class Ritz:
    """What m steps know of K operators.

    Args:
        values: (K, m), ascending: the Ritz values.
        weights: (K, m), the squared first entries of the small eigenvectors; each row sums to 1.
        vectors: (K, m, m), the small eigenvectors as columns.
        basis: (K, m, P), orthonormal rows; zero where a row's space was exhausted.
        rest: (K,), the length of the next direction: times the last entry of a small eigenvector
            it is the residual of its Ritz value.
        sizes: (K,), how many of the m steps count; values beyond have no weight and stand below.
    """

    values: Tensor
    weights: Tensor
    vectors: Tensor
    basis: Tensor
    rest: Tensor
    sizes: Tensor

    @property
    def residual(self) -> Tensor:
        """The residual (K,) of the largest Ritz value."""
        return (self.rest * self.vectors[:, -1, -1]).abs()

    def top(self, count: int) -> Tensor:
        """The Ritz vectors (K, count, P) of the largest values, the largest first."""
        chosen = self.vectors[:, :, -count:].flip(-1)
        return chosen.mT @ self.basis


class Lanczos:
    """Grows orthonormal bases of the Krylov spaces of K starts; Lanczos 1950.

    Every new direction is made orthogonal to all before it, twice (full reorthogonalisation), in
    float64: without it copies of converged eigenvalues appear and spoil weights.

    Args:
        apply: The operators.
        starts: (K, P), not zero.
        most: Steps at most; no more than P are taken.
    """

    def __init__(self, apply: Apply, starts: Tensor, most: int) -> None:
        self.apply = apply
        rows, size = starts.shape
        self.most = min(most, size)
        self.next = _unit(starts.double())
        self.basis = self.next.new_zeros(rows, self.most, size)
        self.alpha = self.next.new_zeros(rows, self.most)
        self.beta = self.next.new_zeros(rows, self.most)
        self.alive = torch.ones(rows, dtype=torch.bool, device=starts.device)
        self.sizes = torch.zeros(rows, dtype=torch.long, device=starts.device)
        self.m = 0

    @property
    def done(self) -> bool:
        """Whether there is no further step to take."""
        return self.m == self.most or not bool(self.alive.any())

    def step(self) -> None:
        """One product for each row."""
        m, direction = self.m, self.next
        self.basis[:, m] = direction
        self.sizes += self.alive
        image = self.apply(direction).to(direction)
        self.alpha[:, m] = (image * direction).sum(1)
        known = self.basis[:, : m + 1]
        for _ in range(2):
            image = image - ((known @ image[:, :, None]).mT @ known)[:, 0]
        length = image.norm(dim=1)
        size = self.alpha[:, : m + 1].abs().amax(1) + self.beta[:, : m + 1].amax(1)
        self.alive &= length > EXHAUSTED * size
        length = torch.where(self.alive, length, 0.0)
        self.beta[:, m] = length
        self.next = torch.where(self.alive[:, None], image / length.clamp_min(1e-300)[:, None], 0.0)
        self.m += 1

    def ritz(self) -> Ritz:
        """What is known so far; NaN for a row with a product that is not finite."""
        m = self.m
        alpha, beta = self.alpha[:, :m].clone(), self.beta[:, : m - 1]
        finite = alpha.isfinite().all(1) & beta.isfinite().all(1)
        beyond = torch.arange(m, device=alpha.device) >= self.sizes[:, None]
        # Below all Ritz values, so that it is never taken for the largest one.
        spread = alpha.abs().amax(1) + 2 * self.beta[:, :m].amax(1) + 1
        alpha = torch.where(beyond, -2 * spread[:, None], alpha)
        small = torch.diag_embed(alpha)
        if m > 1:
            small = small + torch.diag_embed(beta, 1) + torch.diag_embed(beta, -1)
        small[~finite] = 0.0
        values, vectors = torch.linalg.eigh(small)
        values = torch.where(finite[:, None], values, torch.nan)
        rest = self.beta[:, m - 1]
        return Ritz(
            values, vectors[:, 0].square(), vectors, self.basis[:, :m], rest, self.sizes.clone()
        )


def ritz_after(apply: Apply, starts: Tensor, steps: int) -> Ritz:
    """What a number of steps know; see `Lanczos`.

    >>> matrix = torch.diag(torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64))
    >>> ritz = ritz_after(lambda rows: rows @ matrix, torch.ones(1, 3), 3)
    >>> ritz.values.round(decimals=9).tolist()
    [[1.0, 2.0, 4.0]]
    """
    lanczos = Lanczos(apply, starts, steps)
    while not lanczos.done:
        lanczos.step()
    return lanczos.ritz()


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True)
