"""`Problem`: named parameters to start from, and a loss that is a pure function of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import vmap

from lossviz.problem.data import Data
from lossviz.problem.model import Model, ModuleModel
from lossviz.problem.noise import Noise
from lossviz.problem.space import Params, ParamSpace
from lossviz.registry import Shape

Batch = tuple[Tensor, Tensor]
Split = Literal["train", "test"]
Criterion = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, a criterion and data, as functions of the parameters alone.

    Args:
        model: Parameters and inputs to outputs.
        criterion: Outputs and targets to the mean loss.
        data: Training and test samples.
        params0: The parameters at the start, by name.
        batched: Whether the criterion keeps leading dimensions: (K, N, C) to (K,).
        probabilities: Outputs (..., N, C) to class probabilities (..., N, classes), or None.
        noise: What is added to every contender's gradient at each step, or None.
        box: The lowest and the highest allowed parameters, (P,) each, or None. After every step
            the parameters are put back into it; that is part of such a problem's definition.
        names: A name for each of the P entries; those of the parameters when it is empty.
    """

    model: Model
    criterion: Criterion
    data: Data
    params0: Params
    batched: bool = False
    probabilities: Callable[[Tensor], Tensor] | None = field(default=None)
    noise: Noise | None = None
    box: tuple[Tensor, Tensor] | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def from_module(cls, module: nn.Module, loss_fn: Criterion, data: Batch) -> Problem:
        """The problem of any module on (inputs, targets).

        The module is copied and put into evaluation mode; weights, buffers, ``requires_grad``, mode
        and the random state of the caller stay as they were.

        Args:
            module: Called as ``module(inputs)``.
            loss_fn: ``loss_fn(outputs, targets)`` gives a scalar.
            data: Inputs and targets, the whole batch over which the loss is meant.

        >>> net = nn.Linear(2, 1)
        >>> prob = Problem.from_module(net, nn.MSELoss(), (torch.ones(3, 2), torch.ones(3, 1)))
        >>> bool(prob.loss(prob.params0) == nn.MSELoss()(net(torch.ones(3, 2)), torch.ones(3, 1)))
        True
        """
        inputs, targets = data
        model = ModuleModel(module)
        width = inputs.shape[-1] if inputs.dim() > 1 else 1
        task: Literal["regression", "classification"] = (
            "regression" if targets.is_floating_point() else "classification"
        )
        records = Data(inputs, targets, inputs[:0], targets[:0], Shape(task, width, 0))
        return cls(model, loss_fn, records, model.start())

    @property
    def space(self) -> ParamSpace:
        """Names and shapes of the parameters."""
        return self.model.space

    @property
    def entry_names(self) -> tuple[str, ...]:
        """A name for every entry (P,) of the parameters as one vector."""
        return self.names or self.space.entry_names

    @property
    def theta0(self) -> Tensor:
        """The parameters at the start as one vector (P,)."""
        return self.space.flatten(self.params0)

    def batch(self, split: Split = "train") -> Batch:
        """All samples of a split, as (inputs, targets)."""
        if split == "train":
            return self.data.inputs, self.data.targets
        return self.data.test_inputs, self.data.test_targets

    def loss(self, params: Mapping[str, Tensor], batch: Batch | None = None) -> Tensor:
        """The mean loss (scalar) at these parameters, on the training data or on a batch."""
        inputs, targets = self.batch() if batch is None else batch
        return self.criterion(self.model.forward(params, inputs), targets)

    def stacked_loss(self, theta: Tensor, batch: Batch | None = None) -> Tensor:
        """The losses (K,) at K points, the rows of theta (K, P); differentiable."""
        inputs, targets = self.batch() if batch is None else batch
        if self.batched:
            return self.criterion(self.model.stacked(theta, inputs), targets)
        return vmap(lambda row: self.loss(self.space.unflatten(row), (inputs, targets)))(theta)

    def outputs(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, N, C) at K points theta (K, P), without gradients."""
        with torch.no_grad():
            return self.model.stacked(theta, inputs)
