"""The largest eigenvalue of the Hessian along a recorded path, beside the optimizer's own limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import grad

from lossviz.curvature.lanczos import Lanczos
from lossviz.curvature.limit import Limit, limit_of
from lossviz.curvature.precision import in_precision
from lossviz.curvature.products import HessianProducts, differentiable_attention
from lossviz.problem.problem import Problem
from lossviz.registry import SettingError
from lossviz.run.record import Run
from lossviz.run.threads import one_thread

Floats = NDArray[np.float64]

#: Frames that are followed side by side: at most so many, and so many entries of intermediate
#: results in all.
LANES = 32
TOGETHER = 2**18
#: What the start of the next frame has of the last one's top eigenvectors, and of fresh noise: an
#: eigenvalue that overtakes the first one is then in it already.
SHARES = (1.0, 0.3, 0.1)
FRESH = 0.05


@dataclass(frozen=True, eq=False)
class Along:
    """Sharpness along a path. Unpacks as ``steps, sharpness``.

    How to read it: below ``limit`` a small step shrinks along the sharpest direction, above it
    grows. Gradient descent with all samples first sharpens, and then hovers just at the limit: the
    edge of stability (Cohen et al. 2021). Small batches keep it below.

    Args:
        steps: (F,), the numbers of the steps.
        sharpness: (F,), the largest eigenvalue there; NaN where it is not finite.
        limit: (F,), the sharpness that the optimizer stands at most, for the learning rate in force
            and what it held then; NaN where none is known.
        rule: The limit in words, as ``learning rate < rule``; "" where none is known.
        residual: (F,), the eigenvalue is no farther away than this.
        products: How many Hessian-vector products it took.
    """

    steps: NDArray[np.int64]
    sharpness: Floats
    limit: Floats
    rule: str
    residual: Floats
    products: int

    def __iter__(self) -> Iterator[NDArray[np.int64] | Floats]:
        yield self.steps
        yield self.sharpness


def sharpness_along(
    problem: Problem,
    run: Run,
    every: int = 1,
    *,
    preconditioned: bool = False,
    scale: Tensor | None = None,
    tol: float = 1e-3,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    most: int = 100,
) -> Along:
    """The largest eigenvalue of the loss's Hessian along a run, with the limit of its optimizer.

    The path is cut into stretches that are followed side by side, with stacked products; each frame
    starts its Lanczos from the top eigenvectors of the frame before, so that a few products are
    enough. The limit is `lossviz.run.stability` for a watched run. For SGD, with momentum,
    dampening or Nesterov's look ahead, it follows from the parameters and the schedule alone, so
    that any size of network will do. A weight decay that joins the gradient is counted in it.

    Optimizers that scale coordinates (Adam, RMSprop and so on) have no limit on the plain
    sharpness. With ``preconditioned`` it is the largest eigenvalue of D^1/2 (H + decay I) D^1/2, D
    being the scales that the optimizer held (Cohen et al. 2022), which does have one. They come
    from a watched run; for a run that was not watched (more than 64 parameters) hand them over:
    `lossviz.curvature.adam_scale` finds those of Adam again from the weights.

    Args:
        problem: What was lowered.
        run: Its run.
        every: Of the recorded frames, each so-manieth is looked at, and the last one.
        preconditioned: Whether coordinates are scaled as the optimizer does.
        scale: (frames, P), the optimizer's own scales at the recorded frames, where the run was not
            watched.
        tol: The residual that is enough, as a share of the eigenvalue; the error itself is about
            its square.
        seed: Of the first start vectors.
        dtype: The precision of the products; the problem's own when it is not given.
        most: Products for one frame, at most.

    Raises:
        SettingError: When ``every`` or ``tol`` is not positive, the run is of another model, or its
            scales are not known.

    >>> import lossviz as lv
    >>> from lossviz.run import Method, race_on
    >>> bowl = lv.point_problem(lambda x, y: 2 * x**2 + y**2, (1.0, 1.0))
    >>> along = sharpness_along(bowl, race_on(bowl, [Method("sgd", {"lr": 0.1})], 3)[0])
    >>> along.sharpness.tolist(), along.limit.tolist()
    ([4.0, 4.0, 4.0, 4.0], [20.0, 20.0, 20.0, 20.0])
    """
    _check(problem, run, every, tol, most)
    rows = np.unique(np.append(np.arange(0, len(run.weights), every), len(run.weights) - 1))
    limit = limit_of(run, preconditioned, scale)
    follower = _Follower(in_precision(problem, dtype), run.weights, rows, limit, tol, seed, most)
    with follower.threads():
        follower.follow()
    return Along(
        np.asarray(run.recorded, dtype=np.int64)[rows],
        follower.values.numpy(),
        limit.values[rows],
        limit.rule,
        follower.residuals.numpy(),
        follower.products,
    )


def _check(problem: Problem, run: Run, every: int, tol: float, most: int) -> None:
    if every < 1 or not tol > 0 or most < 1:
        raise SettingError(f"every is {every}, tol {tol} and most {most}; all must be above 0.")
    if run.space != problem.space:
        raise SettingError("The run has other parameters than the problem; give its own problem.")


class _Follower:
    """Follows all stretches of a path, one frame of each at a time."""

    def __init__(
        self,
        problem: Problem,
        weights: Tensor,
        rows: NDArray[np.int64],
        limit: Limit,
        tol: float,
        seed: int,
        most: int,
    ) -> None:
        self.problem, self.weights, self.limit = problem, weights, limit
        self.tol, self.most = tol, most
        self.generator = torch.Generator().manual_seed(seed)
        probe = HessianProducts(problem)
        #: Entries of the intermediate results of one frame.
        self.entries = probe.entries * probe.samples + probe.size
        self.whole = probe.chunk >= probe.samples
        count = max(1, min(LANES, TOGETHER // self.entries)) if self.whole else 1
        length = -(-len(rows) // count)
        self.stretches = [
            torch.from_numpy(rows[at : at + length]) for at in range(0, len(rows), length)
        ]
        self.places = torch.arange(len(rows)).split(length)
        self.values = torch.full((len(rows),), torch.nan, dtype=torch.float64)
        self.residuals = self.values.clone()
        self.products = 0

    def threads(self) -> AbstractContextManager[object]:
        """Small products are faster on one thread."""
        return one_thread() if self.entries * len(self.stretches) <= TOGETHER else nullcontext()

    def follow(self) -> None:
        starts = self._fresh(len(self.stretches))
        for turn in range(len(self.stretches[0])):
            # Only the last stretch may be shorter.
            going = [s for s in range(len(self.stretches)) if turn < len(self.stretches[s])]
            frames = torch.stack([self.stretches[s][turn] for s in going])
            starts = self._look(starts[: len(going)], frames, [self.places[s][turn] for s in going])

    def _look(self, starts: Tensor, frames: Tensor, places: list[Tensor]) -> Tensor:
        """Eigenvalues at one frame of each stretch; gives the starts for the next ones."""
        lanczos = Lanczos(self._apply(frames), starts, self.most)
        while not lanczos.done:
            lanczos.step()
            if lanczos.m < 3:
                continue
            ritz = lanczos.ritz()
            largest = ritz.values.abs().amax(1)
            if bool((~(ritz.residual > self.tol * largest)).all()):
                break
        ritz = lanczos.ritz()
        where = torch.stack(places)
        self.values[where] = ritz.values[:, -1].cpu()
        known = ~ritz.values[:, -1].isnan()
        self.residuals[where] = torch.where(known, ritz.residual, torch.nan).cpu()
        self.products += lanczos.m * len(frames)
        return self._warm(ritz.top(min(len(SHARES), ritz.values.shape[1])))

    def _warm(self, tops: Tensor) -> Tensor:
        """Starts (L, P) from the top eigenvectors (L, c, P) of the frames before."""
        shares = torch.tensor(SHARES[: tops.shape[1]], dtype=torch.float64, device=tops.device)
        warm = (shares[:, None] * tops).sum(1)
        fresh = self._fresh(len(tops)).to(warm)
        good = warm.isfinite().all(1, keepdim=True)
        return torch.where(good, warm + FRESH * fresh, fresh)

    def _fresh(self, count: int) -> Tensor:
        size = self.weights.shape[1]
        rows = torch.randn(count, size, generator=self.generator, dtype=torch.float64)
        return rows / rows.norm(dim=1, keepdim=True)

    def _apply(self, frames: Tensor) -> Callable[[Tensor], Tensor]:
        """The products at these frames, in the optimizer's coordinates."""
        theta = self.weights[frames].to(self.problem.theta0)
        plain = stacked_products(self.problem, theta) if self.whole and len(frames) > 1 else None
        plain = plain or one_by_one(self.problem, theta)
        if self.limit.scale is None:
            return plain
        root = self.limit.scale[frames].sqrt()
        return lambda rows: root * (plain(root * rows).to(rows) + self.limit.decay * root * rows)


def stacked_products(problem: Problem, theta: Tensor) -> Callable[[Tensor], Tensor] | None:
    """Products of K Hessians, those at the rows of theta (K, P), with a vector each.

    The losses of the rows do not depend on each other, so the slope of the sum of all slopes times
    vectors is the row of each. None for a model that cannot be stacked.
    """
    leaf = theta.clone().requires_grad_()
    try:
        with torch.enable_grad(), differentiable_attention():
            losses = problem.stacked_loss(leaf)
            slope = grad(losses.sum(), leaf, create_graph=True, materialize_grads=True)[0]
    except RuntimeError:
        return None

    def products(rows: Tensor) -> Tensor:
        if not slope.requires_grad:
            return torch.zeros_like(leaf)
        return grad(slope, leaf, rows.to(leaf), retain_graph=True, materialize_grads=True)[0]

    return products


def one_by_one(problem: Problem, theta: Tensor) -> Callable[[Tensor], Tensor]:
    """The same, one row after the other."""
    each = [HessianProducts(problem, row) for row in theta]
    return lambda rows: torch.stack([h(row) for h, row in zip(each, rows, strict=True)])
