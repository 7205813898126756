"""What is added to a loss to keep the weights small: L1 and L2 penalties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.problem.space import ParamSpace
from lossviz.registry import SettingError


@dataclass(frozen=True, eq=False)
class Penalty:
    r"""$\lambda_1 \sum_i |w_i| + \tfrac{\lambda_2}{2} \sum_i w_i^2$ over the weights of a model.

    Weights are the entries of tensors of two or more dimensions; biases, and the scales of
    normalisations, are never penalised. The half makes $\lambda_2$ the number that torch's
    optimizers call ``weight_decay``: its slope is $\lambda_2 w$. Where a weight is exactly zero the
    slope of its absolute value counts as zero, as torch has it.

    How to read it: L2 pulls each weight towards zero in proportion to its size, so all shrink and
    few vanish; L1 pulls with the same force at any size, so those that are not needed vanish.

    Args:
        space: Names and shapes of the P parameters.
        l1: The first factor, 0 for none.
        l2: The second factor, 0 for none.

    Raises:
        SettingError: When a factor is negative or no number.

    >>> space = ParamSpace(("weight", "bias"), ((1, 2), (2,)))
    >>> Penalty(space, l1=1.0, l2=2.0).value(torch.tensor([3.0, -1.0, 50.0, 50.0]))
    tensor(14.)
    """

    space: ParamSpace
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name, factor in (("l1", self.l1), ("l2", self.l2)):
            if not 0 <= factor < float("inf"):
                raise SettingError(f"{name} is {factor}, but must be a number, 0 or more.")
        parts = [
            torch.full((size,), len(shape) >= 2)
            for size, shape in zip(self.space.sizes, self.space.shapes, strict=True)
        ]
        object.__setattr__(self, "_weighs", torch.cat(parts))

    @property
    def weighs(self) -> Tensor:
        """Which of the P entries are penalised, as booleans (P,)."""
        found: Tensor = self.__dict__["_weighs"]
        return found

    def value(self, theta: Tensor) -> Tensor:
        """The penalty (...) of points theta (..., P); differentiable."""
        weights = theta[..., self.weighs.to(theta.device)]
        return self._sum(weights, -1)

    def at(self, params: Mapping[str, Tensor]) -> Tensor:
        """The penalty (scalar) of named tensors."""
        named = zip(self.space.names, self.space.shapes, strict=True)
        weights = [params[name] for name, shape in named if len(shape) >= 2]
        if not weights:
            return next(iter(params.values())).new_zeros(())
        return self._sum(torch.cat([w.flatten() for w in weights]), 0)

    def _sum(self, weights: Tensor, dim: int) -> Tensor:
        # A factor of zero times an infinite weight would be no number.
        found = weights.new_zeros(weights.sum(dim).shape)
        if self.l1:
            found = found + self.l1 * weights.abs().sum(dim)
        if self.l2:
            found = found + self.l2 / 2 * weights.square().sum(dim)
        return found

    def slope(self, theta: Tensor) -> Tensor:
        """The gradient (..., P) of `value`."""
        weighs = self.weighs.to(theta.device)
        return torch.where(weighs, self.l1 * theta.sign() + self.l2 * theta, 0.0)

    def curved(self, vectors: Tensor) -> Tensor:
        """The Hessian of `value` times vectors (..., P): L2 alone has a curvature."""
        return torch.where(self.weighs.to(vectors.device), self.l2 * vectors, 0.0)
