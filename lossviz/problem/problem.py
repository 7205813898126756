"""`Problem`: named parameters to start from, and a loss that is a pure function of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import vmap

from lossviz.problem.data import Data
from lossviz.problem.disturbance import Disturbance
from lossviz.problem.model import Model, ModuleModel
from lossviz.problem.noise import Noise
from lossviz.problem.normalise import Statistics, check_statistics
from lossviz.problem.penalty import Penalty
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
        penalty: What the loss has beside the mean over the samples, or None. It is part of the
            loss, of its surface and of its curvature, not of metrics.
        values: Outputs (..., N, C) to predicted values (..., N, 1), or None where they are these.
        disturbance: What training draws anew at each step, or None. The loss itself has none of it:
            it is that of a model as one evaluates it.
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
    penalty: Penalty | None = None
    disturbance: Disturbance | None = None
    values: Callable[[Tensor], Tensor] | None = field(default=None)

    def predicted(self, outputs: Tensor) -> Tensor:
        """The values that outputs of a regression stand for."""
        return outputs if self.values is None else self.values(outputs)

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        loss_fn: Criterion,
        data: Batch | Iterable[Batch],
        statistics: Statistics = "frozen",
    ) -> Problem:
        """The problem of any module on (inputs, targets).

        The module is copied and put into evaluation mode; weights, buffers, ``requires_grad``, mode
        and the random state of the caller stay as they were. Data and parameters stay on the device
        on which they are. Frozen parameters (``requires_grad`` is False) are constants, as they are
        to `torch.optim`; where all are frozen, all count.

        Args:
            module: Called as ``module(inputs)``.
            loss_fn: ``loss_fn(outputs, targets)`` gives a scalar.
            data: Inputs and targets, the whole batch over which the loss is meant; or batches of
                them, such as a `torch.utils.data.DataLoader`, which are joined in their order.
            statistics: What batch normalisation uses, "frozen", "batch" or "recomputed"; see
                `lossviz.problem.normalise`.

        Raises:
            ValueError: For data that are no pairs of tensors, or none at all.

        >>> net = nn.Linear(2, 1)
        >>> prob = Problem.from_module(net, nn.MSELoss(), (torch.ones(3, 2), torch.ones(3, 1)))
        >>> bool(prob.loss(prob.params0) == nn.MSELoss()(net(torch.ones(3, 2)), torch.ones(3, 1)))
        True
        """
        inputs, targets = whole_batch(data)
        model = ModuleModel(module, statistics, known=inputs)
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
        """The mean loss (scalar) at these parameters, on the training data or on a batch.

        With the penalty, where the problem has one.
        """
        inputs, targets = self.batch() if batch is None else batch
        mean = self.criterion(self.model.forward(params, inputs), targets)
        return mean if self.penalty is None else mean + self.penalty.at(params)

    def stacked_loss(self, theta: Tensor, batch: Batch | None = None) -> Tensor:
        """The losses (K,) at K points, the rows of theta (K, P); differentiable."""
        inputs, targets = self.batch() if batch is None else batch
        if self.batched:
            means = self.criterion(self.model.stacked(theta, inputs), targets)
            return means if self.penalty is None else means + self.penalty.value(theta)
        return vmap(lambda row: self.loss(self.space.unflatten(row), (inputs, targets)))(theta)

    def outputs(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, N, C) at K points theta (K, P), without gradients.

        They are those that one would predict with: where the loss takes the statistics of a batch
        in batch normalisation, they are those of the training samples here.
        """
        with torch.no_grad():
            if isinstance(self.model, ModuleModel):
                return self.model.predicted(theta, inputs)
            return self.model.stacked(theta, inputs)

    def with_statistics(
        self, statistics: Statistics, buffers: Mapping[str, Tensor] | None = None
    ) -> Problem:
        """The same problem with another choice of what batch normalisation uses.

        Args:
            statistics: "frozen", "batch" or "recomputed"; see `lossviz.problem.normalise`. Nothing
                changes for a model without batch normalisation.
            buffers: Buffers in place of those that the module came with, by name, say from
                `lossviz.problem.normalise.replayed_buffers`.

        Raises:
            ValueError: For other ``statistics``, unknown buffers, or when there is nothing to
                recompute from.
        """
        check_statistics(statistics)
        if not isinstance(self.model, ModuleModel):
            return self
        return replace(self, model=self.model.with_statistics(statistics, buffers))


def whole_batch(data: Batch | Iterable[Batch]) -> Batch:
    """Inputs and targets of all batches, in their order; the random state stays as it is.

    Args:
        data: Inputs and targets, or an iterable of such pairs.

    Raises:
        ValueError: For anything else, or without any batch.

    >>> pairs = [(torch.ones(2, 3), torch.zeros(2)), (torch.ones(1, 3), torch.zeros(1))]
    >>> [tuple(part.shape) for part in whole_batch(pairs)]
    [(3, 3), (3,)]
    """
    pair = _pair(data)
    if pair is not None:
        return pair
    batches: list[Batch | None] = []
    if isinstance(data, Iterable):
        # A loader draws its seed from the global generator, and its order when it shuffles.
        with torch.random.fork_rng(devices=[]):
            batches = [_pair(batch) for batch in data]
    pairs = [batch for batch in batches if batch is not None]
    if not pairs or len(pairs) < len(batches):
        raise ValueError(
            "The data must be (inputs, targets), two tensors, or batches of such pairs, at least "
            f"one; got {type(data).__name__} with {len(pairs)} such pairs."
        )
    return torch.cat([inputs for inputs, _ in pairs]), torch.cat([targets for _, targets in pairs])


def _pair(data: object) -> Batch | None:
    """The two tensors, or None for anything else."""
    if isinstance(data, tuple | list) and len(data) == 2:
        inputs, targets = data
        if isinstance(inputs, Tensor) and isinstance(targets, Tensor):
            return inputs, targets
    return None
