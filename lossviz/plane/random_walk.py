"""What principal components show of a path that goes nowhere: the number to compare with."""

from __future__ import annotations

import math
from functools import lru_cache

import torch

#: From this many dimensions on the limit of many dimensions is right to the percent shown.
MANY = 200


@lru_cache(maxsize=256)
def random_walk_shares(frames: int, dims: int | None = None) -> tuple[float, float]:
    """The expected shares of variance of the first two principal components of a random walk.

    In many dimensions the covariance of n frames has the eigenvalues 1 / (4 sin^2(pi k / 2n)),
    k = 1 .. n - 1, whose sum is (n^2 - 1) / 6; the shares tend to 6 / (pi^2 k^2), about 61 % and
    15 % (Antognini and Sohl-Dickstein, "PCA of high dimensional random walks with comparison to
    neural network training", 2018). In few dimensions they are larger; then they are the mean of
    400 walks drawn with a fixed seed.

    How to read it: a path whose first components explain no more than this looks, to a principal
    component analysis, like pure chance.

    Args:
        frames: The number of recorded points.
        dims: The number of parameters; None for very many.

    >>> [round(share, 3) for share in random_walk_shares(10_000)]
    [0.608, 0.152]
    >>> random_walk_shares(100, 2)[0] > random_walk_shares(100)[0]
    True
    """
    if frames < 2 or (dims is not None and dims < 1):
        raise ValueError(
            f"A walk has two frames and one dimension or more; got {frames} and {dims}."
        )
    if dims == 1:
        return 1.0, 0.0
    if dims is None or dims >= MANY:
        shares = [
            6 / ((frames**2 - 1) * 4 * math.sin(math.pi * k / (2 * frames)) ** 2) for k in (1, 2)
        ]
        return shares[0], shares[1] if frames > 2 else 0.0
    # In the basis of the eigenvectors a walk is independent noise on a diagonal; the tail beyond 60
    # carries 1 % of the variance and no direction.
    k = torch.arange(1, min(frames, 61), dtype=torch.float64)
    values = 1 / (4 * torch.sin(math.pi * k / (2 * frames)).square())
    tail = (frames**2 - 1) / 6 - values.sum()
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(400, len(k), dims, dtype=torch.float64, generator=generator)
    walks = noise * values.sqrt()[:, None]
    squares = torch.linalg.svdvals(walks).square()
    total = squares.sum(dim=1) + tail * dims
    first = (squares[:, 0] / total).mean().item()
    second = (squares[:, 1] / total).mean().item() if squares.shape[1] > 1 else 0.0
    return first, second
