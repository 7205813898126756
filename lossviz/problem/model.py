"""A module as a pure function of its parameters, for one point or for many points at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Protocol

from torch import Tensor, nn
from torch.func import functional_call, vmap

from lossviz.problem.space import Params, ParamSpace
from lossviz.problem.stack import DenseStack
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

    A deep copy is kept, in evaluation mode, so that dropout is off, batch normalisation uses its
    running statistics, and neither the caller's module nor the random state is ever touched.
    Stacks of linear layers and activations are recognised, also inside a module of one's own, and
    get a batched form.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.space = ParamSpace.of(dict(self.module.named_parameters()))
        self.buffers = dict(self.module.named_buffers())
        self.stack = DenseStack.of(self.module) or traced_stack(self.module)

    def start(self) -> Params:
        """The parameters that the module came with (copies)."""
        return {name: p.detach().clone() for name, p in self.module.named_parameters()}

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Outputs of the module with these parameters."""
        return functional_call(self.module, {**self.buffers, **params}, (inputs,))

    def stacked(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs (K, ...) of K modules, one for each row of theta (K, P)."""
        if self.stack is not None:
            return self.stack.forward(self.space.unflatten(theta), inputs)
        return vmap(lambda row: self.forward(self.space.unflatten(row), inputs))(theta)
