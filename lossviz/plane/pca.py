"""The plane in which the recorded paths of all contenders vary most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.plane.reach import frames_that_count
from lossviz.problem.space import ParamSpace

#: Up to this many rows or columns all eigenvectors are computed; above it only the first two.
SMALL = 64
#: Up to this many rows or columns the Gram matrix is formed; above it only its products.
DENSE = 1200
#: Columns that are held in float64 at a time.
COLUMNS = 2**15
#: Directions that carry less than this share of the variance are rounding, not movement.
NOTHING = 1e-14


@runtime_checkable
class Recorded(Protocol):
    """What a plane needs of a run."""

    @property
    def weights(self) -> Tensor:
        """The recorded parameters (T, P), one row a frame."""
        ...

    @property
    def space(self) -> ParamSpace:
        """Names and shapes of the parameters."""
        ...


def pca_plane(runs: Recorded | Iterable[Recorded], seed: int = 0) -> Plane:
    """The first two principal components of the recorded paths of all runs, about their mean.

    Every run weighs the same, however many frames it has, so that one which stopped early counts as
    much as the others. Only finite frames are used, and of a run that flies away only the part that
    stays as near as the others do (`lossviz.plane.reach`). The axes are orthonormal, so a unit is
    euclidean distance. Signs are fixed: the first run starts at the left and at the top.

    How to read it: ``info["explained"]`` is the share of the paths' variance along each axis. A
    random walk already gives about 61 % and 15 % (`random_walk_shares`), so a large share alone is
    no evidence that the training is two-dimensional.

    ``info["filled"]`` is the number of axes along which nothing moves (0, 1 or 2); they are filled
    with directions drawn with the seed, so that there is a surface to look at.
    ``info["frames"]`` counts the frames used and ``info["left_out"]`` the others;
    ``info["scales"]`` are the standard deviations along the axes.

    Args:
        runs: One run or several, with ``weights`` (T, P) and a common ``space``.
        seed: For the directions that are filled in.

    Raises:
        ValueError: When there is no run, no finite frame, fewer than two parameters, or the runs
            have different parameters.
    """
    several = as_list(runs)
    space = several[0].space
    if space.size < 2:
        raise ValueError(f"A plane needs two parameters or more; this model has {space.size}.")
    paths = [run.weights.detach() for run in several]
    kept = near_frames(paths)
    share = equal_shares(kept)
    cloud = Cloud(kept, share)
    values, axes = cloud.principal()
    total = cloud.variance()
    # What rounding alone leaves of identical points; below it nothing has moved.
    floor = (1e-15 * cloud.largest) ** 2 * space.size
    moving = [v > max(NOTHING * total, floor) for v in values]
    axes, filled = complete(axes, moving, space.size, seed)
    signs = _signs(axes, kept[0][0].to("cpu", torch.float64) - cloud.mean)
    explained = tuple(v / total if m else 0.0 for v, m in zip(values, moving, strict=True))
    return Plane(
        cloud.mean,
        axes * signs[:, None],
        space,
        kind="pca",
        titles=(_title(1, explained[0], moving[0]), _title(2, explained[1], moving[1])),
        info={
            "explained": explained,
            "scales": tuple(v**0.5 if m else 0.0 for v, m in zip(values, moving, strict=True)),
            "filled": filled,
            "frames": len(share),
            "left_out": sum(len(p) for p in paths) - len(share),
        },
        dtype=paths[0].dtype,
    )


def as_list(runs: Recorded | Iterable[Recorded]) -> list[Recorded]:
    """One run or several as a list.

    Raises:
        ValueError: When there is none, or they have different parameters.
    """
    several = [runs] if isinstance(runs, Recorded) else list(runs)
    if not several:
        raise ValueError("A plane through runs needs one run or more.")
    for run in several:
        if run.space != several[0].space:
            raise ValueError(
                "The runs have different parameters, so they have no common plane; "
                "compare runs of the same model."
            )
    return several


def near_frames(paths: Sequence[Tensor]) -> list[Tensor]:
    """The frames (T', P) of each path that are finite and not too far off; paths without are out.

    Raises:
        ValueError: When there is no such frame.
    """
    starts = [float(path[:1].double().nan_to_num(0, 0, 0).norm()) for path in paths]
    masks = frames_that_count(paths, [max(1.0, norm) for norm in starts])
    kept = [path if mask.all() else path[mask] for path, mask in zip(paths, masks, strict=True)]
    kept = [path for path in kept if len(path)]
    if not kept:
        raise ValueError("No recorded frame is finite, so there is nothing to lay a plane through.")
    return kept


def equal_shares(paths: Sequence[Tensor]) -> Tensor:
    """A weight for each frame of all paths, in order, so that every path weighs the same."""
    return torch.cat(
        [torch.full((len(p),), 1 / (len(p) * len(paths)), dtype=torch.float64) for p in paths]
    )


def _title(number: int, explained: float, moving: bool) -> str:
    if not moving:
        return "a random direction (nothing moves here)"
    return f"principal component {number} (distance; {100 * explained:.3g} % of the variance)"


class Cloud:
    """Weighted points in parameter space, read in blocks of columns, in float64."""

    def __init__(self, paths: Sequence[Tensor], share: Tensor) -> None:
        self.paths = paths
        self.share = share
        self.rows, self.columns = len(share), paths[0].shape[1]
        means, self.largest, total = [], 0.0, 0.0
        for start in range(0, self.columns, COLUMNS):
            block = self._raw(start)
            means.append(share @ block)
            self.largest = max(self.largest, float(block.abs().max()))
            total += float(share @ (block - means[-1]).square().sum(dim=1))
        self.mean = torch.cat(means)
        self._total = total

    def _raw(self, start: int) -> Tensor:
        columns = slice(start, start + COLUMNS)
        return torch.cat([p[:, columns].to("cpu", torch.float64) for p in self.paths])

    def block(self, start: int) -> Tensor:
        """Centred points times the roots of their shares, so that the Gram matrix is weighted."""
        centred = self._raw(start) - self.mean[start : start + COLUMNS]
        return centred * self.share.sqrt()[:, None]

    def variance(self) -> float:
        """The weighted mean squared distance from the mean."""
        return self._total

    def principal(self) -> tuple[list[float], Tensor]:
        """The two largest variances and their directions (2, P), the latter of any length."""
        starts = range(0, self.columns, COLUMNS)
        if self.columns <= min(self.rows, DENSE):
            points = self.block(0)
            values, vectors = _top(points.T @ points)
            return values, vectors.T
        if self.rows <= DENSE:
            gram = torch.zeros(self.rows, self.rows, dtype=torch.float64)
            for start in starts:
                block = self.block(start)
                gram.addmm_(block, block.T)
            values, vectors = _top(gram)
            return values, torch.cat([vectors.T @ self.block(s) for s in starts], dim=1)
        return self._lanczos()

    def _lanczos(self) -> tuple[list[float], Tensor]:
        points = torch.cat([self.block(s) for s in range(0, self.columns, COLUMNS)], dim=1)
        wide = self.columns < self.rows
        turned = points.T if wide else points

        def gram(v: np.ndarray) -> np.ndarray:
            return (turned @ (turned.T @ torch.from_numpy(v.reshape(-1)))).numpy()

        n = turned.shape[0]
        if self._total == 0:
            return [0.0, 0.0], torch.zeros(2, self.columns, dtype=torch.float64)
        start = np.random.default_rng(0).standard_normal(n)
        values, vectors = eigsh(LinearOperator((n, n), gram, dtype=np.float64), k=2, v0=start)
        order = np.argsort(-values)
        top = torch.from_numpy(vectors[:, order].copy())
        return [max(0.0, float(v)) for v in values[order]], top.T if wide else top.T @ points


def _top(gram: Tensor) -> tuple[list[float], Tensor]:
    """The two largest eigenvalues of a symmetric matrix and their vectors (n, 2)."""
    size = len(gram)
    if size > SMALL and bool(gram.any()):
        # A tenth of the time of all eigenvectors, and the same two to the last digit.
        start = np.random.default_rng(0).standard_normal(size)
        found, columns = eigsh(gram.numpy(), k=2, v0=start)
        return [max(0.0, float(v)) for v in found[::-1]], torch.from_numpy(columns[:, ::-1].copy())
    values, vectors = torch.linalg.eigh(gram)
    if len(values) == 1:
        values = torch.cat([torch.zeros(1, dtype=torch.float64), values])
        vectors = torch.cat([torch.zeros(1, 1, dtype=torch.float64), vectors], dim=1)
    return [max(0.0, v) for v in values.flip(0)[:2].tolist()], vectors.flip(1)[:, :2]


def complete(axes: Tensor, moving: list[bool], size: int, seed: int) -> tuple[Tensor, int]:
    """Orthonormal axes (2, P): the moving directions, then random ones."""
    generator = torch.Generator().manual_seed(seed)
    done: list[Tensor] = []
    for axis, on in zip(axes, moving, strict=True):
        vector = axis if on else torch.randn(size, dtype=torch.float64, generator=generator)
        for _ in range(2):  # twice is enough to be orthogonal to the last digit
            for other in done:
                vector = vector - (vector @ other) * other
            vector = vector / vector.norm()
        done.append(vector)
    return torch.stack(done), moving.count(False)


def _signs(axes: Tensor, start: Tensor) -> Tensor:
    """Signs that put the start at the left and at the top; ties go to the largest entry."""
    along = axes @ start
    signs = torch.stack([-along[0].sign(), along[1].sign()])
    unclear = along.abs() <= 1e-9 * start.norm()
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))[:, 0].sign()
    return torch.where(unclear, largest, signs)
