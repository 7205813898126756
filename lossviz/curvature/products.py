"""Products of the Hessian with vectors, for any problem, without ever forming the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator
from torch import Tensor
from torch.autograd import grad
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from lossviz.curvature.precision import in_precision
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem, Split
from lossviz.problem.vector import Point, vector_of
from lossviz.registry import SettingError

#: Entries of all intermediate results of a forward pass whose graph is held at a time.
ENTRIES = 2**23
#: Samples by which they are counted; one alone has no spread that could be normalised.
FEW = 2
#: Entries of intermediate results times vectors up to which several vectors go through one call.
TOGETHER = 2**18


class HessianProducts:
    r"""The map from a vector v to $H v$, with H the Hessian of the loss at one point.

    The product is the slope of $\nabla L(\theta) \cdot v$ (Pearlmutter 1994), by a backward pass
    through the backward pass. The graph of the gradient is built once and kept, so that every
    further product at the same point is a single backward pass. (Measured on the CPU, forward
    mode over the gradient takes 2 to 9 times as long; see ``benchmarks/curvature.py``.)

    Memory: with A entries in all intermediate results of one forward pass for one sample, a kept
    graph of n samples holds about 6 A n numbers, and some 15 P more; n is chosen so that A n stays
    below 2^23. Where not all samples fit, the passes go through chunks of n samples and no graph is
    kept, which takes about five times as long; outputs and their slopes are held for all samples.
    That is exact for any criterion, mean or not:

    $$H v = \sum_n J_n^\top \dot g_n + \nabla_\theta (g_n^\top J_n(\theta) v), \quad
    g = \nabla C(z), \quad \dot g = \nabla^2 C(z) J v$$

    It needs a model that treats each sample by itself, which is looked at once; any other model
    goes through as a whole.

    Args:
        problem: What is lowered. It is not moved, and neither is its module.
        params: The point, as named tensors or one vector (P,); the start when it is not given.
        dtype: The precision, say ``torch.float64``; the problem's own when it is not given.
        chunk: Samples in one pass; chosen by the sizes when it is not given.
        split: The samples over which the loss is meant.
        scale: (P,) factors d of a change of coordinates: the products are with D H D, D = diag(d).

    Raises:
        SettingError: When the point does not fit, there are no samples, a number is not finite, or
            batch normalisation takes recomputed statistics, which have no slopes.

    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + 3 * x * y, (0.0, 0.0))
    >>> HessianProducts(bowl)(torch.tensor([1.0, 0.0])).tolist()
    [2.0, 3.0]
    """

    def __init__(
        self,
        problem: Problem,
        params: Point | None = None,
        *,
        dtype: torch.dtype | None = None,
        chunk: int | None = None,
        split: Split = "train",
        scale: Tensor | None = None,
    ) -> None:
        check_slopes(problem)
        self.problem = in_precision(problem, dtype)
        self.space = problem.space
        self.size = self.space.size
        self.batch = self.problem.batch(split)
        if not len(self.batch[0]):
            raise SettingError(f"This problem has no samples in the split {split!r}.")
        self.theta = point_of(self.problem, params)
        self.scale = _checked_scale(scale, self.theta)
        #: How many products were asked for so far.
        self.count = 0
        self.samples = len(self.batch[0])
        self.entries = self._entries()
        self.chunk = self._chunk(chunk)
        self._kept: tuple[Tensor, Tensor] | None = None
        self._outer: _Outer | None = None
        self._can_batch = True

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the products."""
        return self.theta.dtype

    def __call__(self, vectors: Tensor) -> Tensor:
        """H v for one vector (P,), or for each row of (K, P); on the point's device.

        Raises:
            ValueError: For vectors of another length.
        """
        if vectors.dim() not in (1, 2) or vectors.shape[-1] != self.size:
            raise ValueError(
                f"Got vectors of the shape {tuple(vectors.shape)}, expected ({self.size},) or "
                f"(K, {self.size})."
            )
        rows = vectors.detach().to(self.theta).reshape(-1, self.size)
        self.count += len(rows)
        if self.scale is not None:
            rows = rows * self.scale
        with torch.enable_grad(), differentiable_attention():
            found = self._through_kept(rows) if self.chunk >= self.samples else self._chunked(rows)
        if self.scale is not None:
            found = found * self.scale
        return found.reshape(vectors.shape)

    def gradient(self) -> Tensor:
        """The slope of the loss (P,), in the scaled coordinates where there are any."""
        with torch.enable_grad(), differentiable_attention():
            if self.chunk >= self.samples:
                slope = self._graph()[1].detach()
            else:
                slope = sum(
                    (grad(out, leaf, g, materialize_grads=True)[0]
                     for leaf, out, g in self._parts(self._slopes().slope)),
                    start=torch.zeros_like(self.theta),
                )  # fmt: skip
                if self.problem.penalty is not None:
                    slope = slope + self.problem.penalty.slope(self.theta)
        return slope if self.scale is None else slope * self.scale

    def operator(self) -> LinearOperator:
        """The same as a `scipy.sparse.linalg.LinearOperator`, symmetric, in float64.

        Raises:
            SettingError: From its products, when one is not finite.
        """

        def times(columns: NDArray[Any]) -> NDArray[np.float64]:
            rows = torch.from_numpy(np.ascontiguousarray(columns.reshape(self.size, -1).T))
            found = self(rows).to("cpu", torch.float64)
            if not found.isfinite().all():
                raise SettingError(
                    "The curvature at this point is not a finite number; take an earlier step of "
                    "the run, or float64."
                )
            return np.asarray(found.numpy().T.reshape(columns.shape))

        shape = (self.size, self.size)
        return LinearOperator(
            shape, matvec=times, rmatvec=times, matmat=times, rmatmat=times, dtype=np.float64
        )

    # --- all samples at once ---------------------------------------------------------------------

    def _graph(self) -> tuple[Tensor, Tensor]:
        """The point as a leaf, and the slope with its graph."""
        if self._kept is None:
            leaf = self.theta.clone().requires_grad_()
            loss = self.problem.loss(self.space.unflatten(leaf), self.batch)
            slope = grad(loss, leaf, create_graph=True, materialize_grads=True)[0]
            self._kept = leaf, slope
        return self._kept

    def _through_kept(self, rows: Tensor) -> Tensor:
        leaf, slope = self._graph()
        if not slope.requires_grad:  # a straight line has no curvature
            return torch.zeros_like(rows)
        portion = TOGETHER // max(1, self.entries * self.samples)
        if self._can_batch and portion > 1 and len(rows) > 1:
            try:
                return torch.cat([_slopes_of(slope, leaf, part) for part in rows.split(portion)])
            except RuntimeError:
                self._can_batch = False  # a step that vmap cannot follow
        return torch.stack([_slope_of(slope, leaf, row) for row in rows])

    # --- in chunks of samples --------------------------------------------------------------------

    def _chunked(self, rows: Tensor) -> Tensor:
        return torch.stack([self._one_chunked(row) for row in rows])

    def _one_chunked(self, row: Tensor) -> Tensor:
        outer = self._slopes()
        moved = torch.cat([_forward_slope(out, leaf, row) for leaf, out, _ in self._parts()])
        turned = outer.product(moved)
        penalty = self.problem.penalty
        found = torch.zeros_like(row) if penalty is None else penalty.curved(row)
        for (leaf, out, g), dot in zip(
            self._parts(outer.slope), turned.split(self.chunk), strict=True
        ):
            slope = grad(out, leaf, g, create_graph=True, materialize_grads=True)[0]
            if slope.requires_grad:
                found += _slope_of(slope, leaf, row)
            found += grad(out, leaf, dot, materialize_grads=True)[0]
        return found

    def _parts(self, slopes: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """For each chunk: the point as a leaf, the outputs there, and the slopes at them."""
        pieces = [self.theta] * self.samples if slopes is None else slopes.split(self.chunk)
        for inputs, piece in zip(
            self.batch[0].split(self.chunk), pieces, strict=slopes is not None
        ):
            leaf = self.theta.clone().requires_grad_()
            yield leaf, self.problem.model.forward(self.space.unflatten(leaf), inputs), piece

    def _slopes(self) -> _Outer:
        if self._outer is None:
            with torch.no_grad():
                params = self.space.unflatten(self.theta)
                outputs = torch.cat(
                    [
                        self.problem.model.forward(params, inputs)
                        for inputs in self.batch[0].split(self.chunk)
                    ]
                )
            self._outer = _Outer(lambda z: self.problem.criterion(z, self.batch[1]), outputs)
        return self._outer

    def _chunk(self, chunk: int | None) -> int:
        if chunk is not None and chunk < 1:
            raise SettingError(f"The chunk is {chunk}, but must be 1 or more samples.")
        wanted = min(self.samples, chunk or max(1, ENTRIES // max(1, self.entries)))
        return wanted if wanted >= self.samples or self._apart() else self.samples

    def _apart(self) -> bool:
        """Whether the model treats each sample by itself, as far as two of them can say."""
        model = self.problem.model
        if isinstance(model, ModuleModel) and model.statistics == "batch":
            return False
        inputs = self.batch[0][:2]
        params = self.space.unflatten(self.theta)
        with torch.no_grad():
            both = self.problem.model.forward(params, inputs)
            each = [self.problem.model.forward(params, one) for one in inputs.split(1)]
        if both.dim() == 0 or len(both) != 2 or any(len(one) != 1 for one in each):
            return False
        close = 1e3 * torch.finfo(both.dtype).eps
        return torch.allclose(both, torch.cat(each), rtol=close, atol=close, equal_nan=True)

    def _entries(self) -> int:
        """The entries of all intermediate results of a forward pass, for one sample."""
        counter, few = _Counter(), self.batch[0][:FEW]
        with torch.no_grad(), counter:
            self.problem.model.forward(self.space.unflatten(self.theta), few)
        return counter.entries // len(few)


def point_of(problem: Problem, params: Point | None) -> Tensor:
    """A point, or the start, as one finite vector (P,) in the problem's precision.

    Raises:
        SettingError: When it does not fit the model, or is not finite.
    """
    return vector_of(problem, problem.theta0 if params is None else params)


def check_slopes(problem: Problem) -> None:
    """Raise SettingError for a loss of which torch has no slopes, with what to do."""
    model = problem.model
    if isinstance(model, ModuleModel) and model.statistics == "recomputed":
        raise SettingError(
            "Recomputed statistics of batch normalisation have no slopes in torch, and so no "
            'curvature; take statistics="batch" (what training lowers) or "frozen".'
        )


def differentiable_attention() -> AbstractContextManager[object]:
    """Attention in plain products: the fused kernels can be differentiated only once."""
    return sdpa_kernel(SDPBackend.MATH)


class _Outer:
    """The criterion's slope at the outputs, and products with its own second derivative."""

    def __init__(self, criterion: Callable[[Tensor], Tensor], outputs: Tensor) -> None:
        self.leaf = outputs.detach().requires_grad_()
        with torch.enable_grad():
            self._slope = grad(
                criterion(self.leaf), self.leaf, create_graph=True, materialize_grads=True
            )[0]
        self.slope = self._slope.detach()

    def product(self, moved: Tensor) -> Tensor:
        """The change of the slope for a change of the outputs."""
        if not self._slope.requires_grad:
            return torch.zeros_like(moved)
        return _slope_of(self._slope, self.leaf, moved)


class _Counter(TorchFunctionMode):
    """Adds up the entries of all tensors that functions give, views left out."""

    entries = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor) and out._base is None and not _is_plain(func):
            self.entries += out.numel()
        return out


def _is_plain(func: Any) -> bool:
    """Whether it only reads an attribute."""
    return getattr(func, "__name__", "") in ("__get__", "__set__")


def _slope_of(slope: Tensor, leaf: Tensor, row: Tensor) -> Tensor:
    return grad(slope, leaf, row, retain_graph=True, materialize_grads=True)[0]


def _slopes_of(slope: Tensor, leaf: Tensor, rows: Tensor) -> Tensor:
    return grad(
        slope, leaf, rows, retain_graph=True, materialize_grads=True, is_grads_batched=True
    )[0]


def _forward_slope(out: Tensor, leaf: Tensor, row: Tensor) -> Tensor:
    """J v, as the slope of J^T u, which is linear in u, at any u."""
    u = torch.zeros_like(out, requires_grad=True)
    back = grad(out, leaf, u, create_graph=True, materialize_grads=True)[0]
    if not back.requires_grad:
        return torch.zeros_like(out)
    return grad(back, u, row, materialize_grads=True)[0]


def _checked_scale(scale: Tensor | None, like: Tensor) -> Tensor | None:
    if scale is None:
        return None
    if scale.shape != like.shape or not scale.isfinite().all():
        raise SettingError(
            f"The scale must be {len(like)} finite numbers, one for each weight; its shape is "
            f"{tuple(scale.shape)}."
        )
    return scale.detach().to(like)
