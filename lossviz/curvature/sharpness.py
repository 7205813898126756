"""How sharp a point is: by curvature, plain or on the weights' own scale, and by the worst step.

Large values say that small changes of the weights raise the loss much. None of these predicts by
itself how well a network does on new samples: plain ones change when a network is rewritten without
changing what it computes (Dinh et al. 2017), normalised ones do not, but still only correlate
(Andriushchenko et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lossviz.curvature.eigenpairs import top_eigenpairs
from lossviz.curvature.precision import in_precision
from lossviz.curvature.products import (
    HessianProducts,
    check_slopes,
    differentiable_attention,
    point_of,
)
from lossviz.problem.problem import Batch, Problem, Split
from lossviz.problem.space import Params, ParamSpace
from lossviz.problem.vector import Point
from lossviz.registry import SettingError

Normalize = Literal["none", "filter", "element"]
NORMALIZE: tuple[Normalize, ...] = ("none", "filter", "element")


def sharpness(
    problem: Problem,
    params: Point | None = None,
    *,
    normalize: Normalize = "none",
    seed: int = 0,
    dtype: torch.dtype | None = None,
    split: Split = "train",
) -> float:
    """The largest eigenvalue of the Hessian H, or of D H D on the weights' own scale.

    How to read it: with "none", gradient descent of rate eta is stable below 2 / eta (Cohen et al.
    2021). With "filter" and "element", a step that changes every filter (every weight) by a share
    rho of its own size, taken together as one vector of length rho, raises the loss by up to
    rho^2 / 2 times the value at a minimum. Such a value is the same for two networks that differ by
    a rescaling: of whole layers for "filter", of single units for "element" (ReLU, without biases
    or with them).

    Source: Kwon et al. 2021 (ASAM), to second order; Li et al. 2018 for filters.

    Args:
        problem: What is lowered.
        params: The point; the start when it is not given.
        normalize: "none", "filter" or "element"; see `own_scale`.
        seed: Of Lanczos' start vector.
        dtype: The precision of the products; the problem's own when it is not given.
        split: The samples over which the loss is meant.

    Raises:
        SettingError: See `lossviz.curvature.top_eigenpairs`.
    """
    scale = own_scale(problem, params, normalize)
    pairs = top_eigenpairs(
        problem, params, k=1, which="LA", seed=seed, dtype=dtype, split=split, scale=scale
    )
    return float(pairs.values[0])


def own_scale(problem: Problem, params: Point | None, normalize: Normalize) -> Tensor | None:
    """The factors (P,) that measure a step by the weights themselves; None for "none".

    "element" gives the size of each weight, "filter" the norm of each output unit's weights (all
    entries of a matrix or kernel with the same first index); tensors with one dimension or none,
    biases, go by the size of each entry in both.

    Raises:
        SettingError: For another ``normalize``, or a point that does not fit.
    """
    if normalize not in NORMALIZE:
        raise SettingError(
            f"normalize is {normalize!r}, but must be one of {', '.join(NORMALIZE)}."
        )
    if normalize == "none":
        return None
    weights = problem.space.unflatten(point_of(problem, params))
    parts = {}
    for name, weight in weights.items():
        size = weight.abs()
        if normalize == "filter" and weight.dim() >= 2:
            norms = weight.flatten(1).norm(dim=1)
            size = norms.reshape(-1, *[1] * (weight.dim() - 1)).expand_as(weight)
        parts[name] = size
    return problem.space.flatten(parts)


@dataclass(frozen=True, eq=False)
class WorstCase:
    """The highest loss that was found within a ball.

    Args:
        rise: How much higher than at the centre it is, in units of the loss; never below 0.
        one_step: The rise after one step of length rho along the gradient, which is what SAM sees.
        loss: The loss at the centre.
        step: (P,) in float64, the way to the highest point.
        space: Names and shapes of the parameters.
    """

    rise: float
    one_step: float
    loss: float
    step: Tensor
    space: ParamSpace

    def direction(self) -> Params:
        """The way to the highest point as named tensors."""
        return self.space.unflatten(self.step)


def worst_case(
    problem: Problem,
    params: Point | None = None,
    rho: float = 0.05,
    *,
    normalize: Normalize = "none",
    starts: int = 4,
    steps: int = 20,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    split: Split = "train",
) -> WorstCase:
    r"""The rise of the loss in the worst direction: $\max_{\|u\| \le \rho} L(\theta + D u) - L$.

    Projected gradient ascent from SAM's own one-step point (Foret et al. 2021), from both sides
    along the sharpest direction, and from random points of the sphere; the highest loss seen on the
    way counts, so it is never below that of the one step. It is a lower bound of the true maximum.

    How to read it: at a minimum it is about rho^2 / 2 times the largest eigenvalue while rho is
    small; where it is much larger or smaller, the quadratic no longer holds at this distance.

    Args:
        problem: What is lowered.
        params: The centre; the start when it is not given.
        rho: The radius, above 0; with "none" in units of the weights, else as a share of them.
        normalize: "none" (D = 1), "filter" or "element"; see `own_scale`.
        starts: Random starts beside the three others.
        steps: Of the ascent, at least 1; each of length rho / 4, after which the point is put back
            into the ball.
        seed: Of the random starts.
        dtype: The precision; the problem's own when it is not given.
        split: The samples over which the loss is meant.

    Raises:
        SettingError: For numbers out of range, or a loss at the centre that is not finite.
    """
    if not (0 < rho < float("inf")) or starts < 0 or steps < 1:
        raise SettingError(
            f"rho is {rho}, starts {starts} and steps {steps}; rho must be a number above 0, "
            "starts 0 or more, and steps 1 or more."
        )
    ball = _Ball(in_precision(problem, dtype), params, own_scale(problem, params, normalize), split)
    first = rho * _unit(ball.slope[None])
    rows = torch.cat([first, _others(problem, ball, params, rho, starts, seed, split)])
    one_step, best, way = None, 0.0, torch.zeros_like(ball.slope)
    for turn in range(steps + 1):
        values, slopes = ball.look(rows, last=turn == steps)
        one_step = float(values[0]) if one_step is None else one_step
        # NaN is no maximum; an infinite loss is one.
        values = values.nan_to_num(nan=-torch.inf, posinf=torch.inf)
        top = int(values.argmax())
        if float(values[top]) > best:
            best, way = float(values[top]), rows[top].clone()
        rows = _into_ball(rows + rho / 4 * _unit(slopes.nan_to_num(0, 0, 0)), rho)
    step = way.double() * (1.0 if ball.scale is None else ball.scale.double())
    assert one_step is not None
    return WorstCase(best, one_step, ball.loss, step.cpu(), problem.space)


class _Ball:
    """Rises of the loss around a centre, and their slopes, in scaled coordinates."""

    def __init__(
        self, problem: Problem, params: Point | None, scale: Tensor | None, split: Split
    ) -> None:
        check_slopes(problem)
        self.problem = problem
        self.batch: Batch = problem.batch(split)
        self.centre = point_of(problem, params)
        self.scale = None if scale is None else scale.to(self.centre)
        self.loss = 0.0
        nothing = torch.zeros_like(self.centre)
        values, slopes = self.look(nothing[None])
        self.loss, self.slope = float(values[0]), slopes[0]
        if not torch.isfinite(values).all():
            raise SettingError("The loss at the centre is not a finite number.")

    def look(self, rows: Tensor, last: bool = False) -> tuple[Tensor, Tensor]:
        """The rises (K,) in float64 and their slopes (K, P), at the rows (K, P), one by one."""
        pairs = [self._look_at(row, last) for row in rows]
        return torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])

    def _look_at(self, row: Tensor, last: bool) -> tuple[Tensor, Tensor]:
        leaf = row.clone().requires_grad_(not last)
        with torch.set_grad_enabled(not last), differentiable_attention():
            moved = leaf if self.scale is None else leaf * self.scale
            point = self.problem.space.unflatten(self.centre + moved)
            loss = self.problem.loss(point, self.batch)
        if last:
            return loss.double() - self.loss, torch.zeros_like(row)
        slope = torch.autograd.grad(loss, leaf, materialize_grads=True)[0]
        return loss.detach().double() - self.loss, slope


def _others(
    problem: Problem,
    ball: _Ball,
    params: Point | None,
    rho: float,
    starts: int,
    seed: int,
    split: Split,
) -> Tensor:
    """The other starts (2 + starts, P): along the sharpest direction, and random ones."""
    products = HessianProducts(
        problem, params, dtype=ball.centre.dtype, split=split, scale=ball.scale
    )
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(starts + 1, products.size, generator=generator, dtype=torch.float64)
    sharp = drawn[:1].to(ball.centre)
    for _ in range(10):  # a rough direction is enough for a start
        sharp = _unit(products(sharp).nan_to_num(0, 0, 0))
    return rho * _unit(torch.cat([sharp, -sharp, drawn[1:].to(ball.centre)]))


def _unit(rows: Tensor) -> Tensor:
    """Rows of length 1; zero rows stay."""
    length = rows.norm(dim=1, keepdim=True)
    return torch.where(length > 0, rows / torch.where(length > 0, length, 1.0), rows)


def _into_ball(rows: Tensor, rho: float) -> Tensor:
    length = rows.norm(dim=1, keepdim=True)
    return torch.where(length > rho, rows * (rho / length.clamp_min(1e-300)), rows)
