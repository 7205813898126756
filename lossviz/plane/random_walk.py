"""What principal components show of paths that go nowhere: the numbers to compare with."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: From so many dimensions on the limit of many dimensions is right to the percent shown: where the
#: two largest variances differ, and where they are equal and only chance tells them apart.
MANY, MANY_EQUAL = 200, 20_000
#: In fewer dimensions so many draws are made, of so many modes; the others are alike in every
#: direction.
DRAWS, MODES = 200, 60


@lru_cache(maxsize=256)
def random_walk_shares(frames: int, dims: int | None = None, walks: int = 1) -> tuple[float, float]:
    """The expected shares of variance of the first two principal components of random walks.

    In many dimensions the covariance of n frames of one walk has the eigenvalues
    1 / (4 sin^2(pi k / 2n)), k = 1 .. n - 1, whose sum is (n^2 - 1) / 6; the shares tend to
    6 / (pi^2 k^2), about 61 % and 15 % (Antognini and Sohl-Dickstein, "PCA of high dimensional
    random walks with comparison to neural network training", 2018).

    Several walks from one start, about their common mean as in `pca_plane`, have these once and,
    for how they move apart, 1 / (4 sin^2(pi (2k - 1) / (4n - 2))), whose sum is n (n - 1) / 2, once
    less than there are walks. Two have the shares of one; three have about 35 % and 35 %.

    In few dimensions the shares are larger; then they are the mean of 200 draws with a fixed seed.

    How to read it: paths whose first components explain no more than this look, to a principal
    component analysis, like pure chance.

    Args:
        frames: The number of recorded points of each walk.
        dims: The number of parameters; None for very many.
        walks: How many there are, independent of each other.

    >>> [round(share, 3) for share in random_walk_shares(10_000)]
    [0.608, 0.152]
    >>> [round(share, 3) for share in random_walk_shares(10_000, walks=3)]
    [0.347, 0.347]
    >>> random_walk_shares(100, 2)[0] > random_walk_shares(100)[0]
    True
    """
    if frames < 2 or (dims is not None and dims < 1) or walks < 1:
        raise ValueError(
            "There is one walk or more, of two frames and one dimension or more; got "
            f"{walks}, {frames} and {dims}."
        )
    if dims == 1:
        return 1.0, 0.0
    values, rest = _variances(frames, walks)
    if dims is None or dims >= (MANY if walks < 3 else MANY_EQUAL):
        shares = np.append(values, 0.0)[:2] / (values.sum() + rest)
        return float(shares[0]), float(shares[1])
    squares = _drawn(values, dims)
    whole = squares.sum(axis=1) + rest * dims
    largest = (np.pad(squares, ((0, 0), (0, 1)))[:, :2] + rest) / whole[:, None]
    first, second = largest.mean(axis=0)
    return float(first), float(second)


def _variances(frames: int, walks: int) -> tuple[Floats, float]:
    """The variances of the largest modes, the largest first, and the sum of those of the others."""
    k = np.arange(1, min(frames, MODES + 1))
    together = 1 / (4 * np.sin(math.pi * k / (2 * frames)) ** 2)
    apart = 1 / (4 * np.sin(math.pi * (2 * k - 1) / (4 * frames - 2)) ** 2)
    values = -np.sort(-np.concatenate([together, *[apart] * (walks - 1)]))[:MODES]
    total = (frames**2 - 1) / 6 + (walks - 1) * frames * (frames - 1) / 2
    return values, max(0.0, total - float(values.sum()))


def _drawn(values: Floats, dims: int) -> Floats:
    """The squared singular values (draws, m), the largest first, of noise (modes, dims) that has
    these variances in its rows.
    """
    generator, size = np.random.default_rng(0), len(values)
    if dims >= size:
        # Bartlett: the triangle whose square has the distribution of that of all columns.
        factor = np.tril(generator.standard_normal((DRAWS, size, size)), -1)
        corner = np.arange(size)
        factor[:, corner, corner] = np.sqrt(generator.chisquare(dims - corner, (DRAWS, size)))
    else:
        factor = generator.standard_normal((DRAWS, size, dims))
    factor = factor * np.sqrt(values)[:, None]
    return np.asarray(np.linalg.eigvalsh(factor.swapaxes(1, 2) @ factor)[:, ::-1])
