"""Exact Hessians of a problem's loss at many points in a few stacked calls."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.problem.problem import Batch, Problem
from lossviz.registry import SettingError
from lossviz.run.threads import one_thread

#: Above so many parameters a dense Hessian is no longer cheap.
MOST_PARAMETERS = 64

#: About so many rows times parameters are differentiated in one call.
CHUNK = 2**16


@dataclass(frozen=True, eq=False)
class Derivatives:
    """The loss and its first two derivatives at F points, in float64.

    Args:
        loss: (F,).
        gradient: (F, P).
        hessian: (F, P, P), symmetric; all NaN at a point where any entry is not finite.
    """

    loss: Tensor
    gradient: Tensor
    hessian: Tensor


def hessians(problem: Problem, theta: Tensor) -> Tensor:
    """The Hessians of the loss on all training samples.

    Args:
        problem: What is lowered.
        theta: Points (F, P), the weights as rows.

    Returns:
        (F, P, P) in float64. A Hessian that is not finite is NaN throughout.

    Raises:
        SettingError: For more than `MOST_PARAMETERS` parameters, or points of another width.

    >>> import torch
    >>> from lossviz import Problem
    >>> data = torch.ones(1, 2).double(), torch.zeros(1, 1).double()
    >>> net = torch.nn.Linear(2, 1, bias=False).double()
    >>> bowl = Problem.from_module(net, torch.nn.MSELoss(), data)
    >>> hessians(bowl, torch.zeros(3, 2).double())[0].tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    return derivatives(problem, theta).hessian


@one_thread()
def derivatives(problem: Problem, theta: Tensor) -> Derivatives:
    """Loss, gradient and Hessian at points (F, P); see `hessians`."""
    size = problem.space.size
    if size > MOST_PARAMETERS:
        raise SettingError(
            f"This model has {size} parameters; its whole Hessian is computed for at most "
            f"{MOST_PARAMETERS}. Choose a smaller model."
        )
    if theta.dim() != 2 or theta.shape[1] != size:
        raise SettingError(
            f"The points have the shape {tuple(theta.shape)}, but must be rows of {size} weights."
        )
    rows = max(1, CHUNK // size)
    batch = problem.batch()
    parts = [_derive(problem, chunk, batch) for chunk in theta.detach().split(rows)]
    loss, gradient, hessian = (torch.cat([part[i] for part in parts]) for i in range(3))
    hessian = (hessian + hessian.mT) / 2
    broken = ~torch.isfinite(hessian).all(-1).all(-1)
    hessian[broken] = torch.nan
    return Derivatives(loss, gradient, hessian)


def _derive(problem: Problem, theta: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Backward through the backward pass, once for each parameter and all rows together.

    The losses of the rows do not depend on each other, so the gradient of their sum is the gradient
    of each.
    """
    leaf = theta.clone().requires_grad_()
    with torch.enable_grad():
        losses = problem.stacked_loss(leaf, batch)
        (slope,) = torch.autograd.grad(
            losses.sum(), leaf, create_graph=True, materialize_grads=True
        )
        rows = [_slope_of(slope[:, i].sum(), leaf) for i in range(theta.shape[1])]
    hessian = torch.stack(rows, dim=1)
    return losses.detach().double(), slope.detach().double(), hessian.double()


def _slope_of(value: Tensor, leaf: Tensor) -> Tensor:
    """The gradient of a sum, 0 where it does not depend on the leaf."""
    if not value.requires_grad:
        return torch.zeros_like(leaf)
    (slope,) = torch.autograd.grad(value, leaf, retain_graph=True, materialize_grads=True)
    return slope
