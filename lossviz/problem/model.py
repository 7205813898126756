"""A module as a pure function of its parameters, for one point or for many points at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lossviz.problem.disturbance import dropout_layers
from lossviz.problem.frozen import hold_frozen
from lossviz.problem.normalise import (
    BatchStatistics,
    Statistics,
    check_statistics,
    norm_layers,
)
from lossviz.problem.space import Params, ParamSpace
from lossviz.problem.stack import DenseStack
from lossviz.problem.ties import has_ties
from lossviz.problem.traced import traced_stack


class Model(Protocol):
    """What a problem asks of a model."""

    space: ParamSpace

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Outputs (N, C) of the model with these parameters."""
        ...

    def stacked(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, N, C) of K models, one for each row of theta (K, P)."""
        ...


class ModuleModel:
    """Any `torch.nn.Module`, called through `torch.func`; the module itself is never moved.

    A deep copy is kept, in evaluation mode, so that dropout is off, and neither the caller's module
    nor the random state is ever touched. Parameters that ask for no gradient are constants, like
    buffers (see `lossviz.problem.frozen`). Which statistics batch normalisation uses is chosen; see
    `lossviz.problem.normalise`. Stacks of linear layers and activations are recognised, also inside
    a module of one's own, and get a batched form. A module that says ``row_by_row = True`` is
    called once for each of many points where gradients are wanted: then a run has the same bits
    alone and in a race.

    Args:
        module: The module.
        statistics: "frozen", "batch" or "recomputed"; nothing to a module without batch
            normalisation.
        known: The training inputs (N, ...), over which statistics are recomputed.
        buffers: Buffers to use in place of those that the module came with, by name.

    Raises:
        ValueError: For other ``statistics``, unknown buffers, or when there is nothing to recompute
            from.
    """

    def __init__(
        self,
        module: nn.Module,
        statistics: Statistics = "frozen",
        known: Tensor | None = None,
        buffers: Mapping[str, Tensor] | None = None,
    ) -> None:
        check_statistics(statistics)
        self.module = hold_frozen(copy.deepcopy(module)).eval().requires_grad_(False)
        self.space = ParamSpace.of(dict(self.module.named_parameters()))
        self.buffers = _replaced(dict(self.module.named_buffers()), buffers or {})
        self.stack = DenseStack.of(self.module) or traced_stack(self.module)
        self._tied = has_ties(self.module)
        self.row_by_row = bool(getattr(self.module, "row_by_row", False))
        self.normalises = bool(norm_layers(self.module))
        self.statistics: Statistics = statistics if self.normalises else "frozen"
        self.known = known if self.normalises else None
        self.batch = BatchStatistics(self.module) if self.normalises else None
        if self.statistics == "recomputed" and (self.known is None or not len(self.known)):
            raise ValueError(
                "There are no training samples over which statistics could be recomputed; take "
                'statistics="frozen" or "batch".'
            )

    def start(self) -> Params:
        """The parameters that the module came with (copies)."""
        return {name: p.detach().clone() for name, p in self.module.named_parameters()}

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Outputs of the module with these parameters."""
        if self.statistics == "batch" and self.batch is not None:
            return self.batch.forward(params, inputs)
        buffers = self.buffers
        if self.statistics == "recomputed" and self.batch is not None and self.known is not None:
            buffers = {**buffers, **self.batch.gathered(params, self.known)}
        return functional_call(
            self.module, {**buffers, **params}, (inputs,), tie_weights=self._tied
        )

    def stacked(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, ...) of K modules, one for each row of theta (K, P)."""
        if self.stack is not None:
            return self.stack.forward(self.space.unflatten(theta), inputs)
        if self.row_by_row and len(theta):
            rows = (self.forward(self.space.unflatten(row), inputs) for row in theta)
            return torch.stack(list(rows))
        return vmap(lambda row: self.forward(self.space.unflatten(row), inputs))(theta)

    def predicted(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, ...) as one would use the models: no sample depends on the others.

        In place of the statistics of a batch those of the training samples are recomputed.
        """
        if self.statistics == "batch" and self.known is not None and len(self.known):
            return self.with_statistics("recomputed").stacked(theta, inputs)
        return self.stacked(theta, inputs)

    def with_dropout(self) -> ModuleModel:
        """The same model with its dropout at work, for training; this one stays.

        Its masks come from torch's global generator, so that a model is called one at a time.
        """
        module = copy.deepcopy(self.module)
        for layer in dropout_layers(module):
            layer.train()
        other = copy.copy(self)
        other.module, other.stack, other.row_by_row = module, None, True
        other.batch = BatchStatistics(module) if self.normalises else None
        return other

    def with_statistics(
        self, statistics: Statistics, buffers: Mapping[str, Tensor] | None = None
    ) -> ModuleModel:
        """The same model with other statistics, and perhaps other buffers; this one stays."""
        if statistics == self.statistics and not buffers:
            return self
        return ModuleModel(self.module, statistics, self.known, {**self.buffers, **(buffers or {})})


def _replaced(own: dict[str, Tensor], given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The module's own buffers, those that are given in their place."""
    unknown = sorted(set(given) - set(own))
    if unknown:
        raise ValueError(f"There are no buffers {unknown}; the module has {sorted(own)}.")
    return {**own, **{name: value.detach().to(own[name]) for name, value in given.items()}}
