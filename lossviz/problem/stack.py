"""Stacks of linear layers and activations, evaluated for many parameter vectors in one call."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

#: Elementwise modules without parameters; they are called as they are, with their own options.
ACTIVATIONS: tuple[type[nn.Module], ...] = (
    nn.Tanh,
    nn.ReLU,
    nn.Sigmoid,
    nn.SiLU,
    nn.GELU,
    nn.ELU,
    nn.Softplus,
    nn.LeakyReLU,
    nn.Identity,
)


@dataclass(frozen=True)
class Layer:
    """One linear layer: the names of its tensors, and the activation module after it (or None).

    In training, ``dropout`` is the share of the activations that are dropped.
    """

    weight: str
    bias: str | None
    activation: nn.Module | None
    dropout: float = 0.0

    @property
    def bare(self) -> bool:
        """Whether nothing comes after the linear layer yet."""
        return self.activation is None and not self.dropout


@dataclass(frozen=True)
class DenseStack:
    """The layers of a network in which each layer feeds only the next one."""

    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, module: nn.Module) -> DenseStack | None:
        """The stack inside an `nn.Sequential` of linear, activation and dropout modules, or None.

        Only exact types count: a subclass may do something else in its forward, and so may a module
        with hooks. Shared and frozen layers are left to the general path.
        """
        if type(module) is nn.Linear:
            children: list[tuple[str, nn.Module]] = [("", module)]
        elif type(module) is nn.Sequential:
            children = [(f"{name}.", child) for name, child in module.named_children()]
            if len(children) != len(module):
                return None
        else:
            return None
        if any(m._forward_hooks or m._forward_pre_hooks for m in module.modules()):
            return None
        layers: list[Layer] = []
        for prefix, child in children:
            if type(child) is nn.Linear:
                if not _learns(child):
                    return None
                bias = None if child.bias is None else f"{prefix}bias"
                layers.append(Layer(f"{prefix}weight", bias, None))
            elif type(child) in ACTIVATIONS and layers and layers[-1].bare:
                layers[-1] = Layer(layers[-1].weight, layers[-1].bias, out_of_place(child))
            elif type(child) is nn.Dropout and layers and not layers[-1].dropout:
                layers[-1] = replace(layers[-1], dropout=child.p)
            else:
                return None
        return cls(tuple(layers)) if layers else None

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Outputs (K, N, C) for stacked parameters (K, *shape) and shared inputs (N, D).

        As in evaluation: nothing is dropped.
        """
        hidden = inputs
        for layer in self.layers:
            hidden = affine(hidden, params[layer.weight], params.get(layer.bias or ""))
            if layer.activation is not None:
                hidden = layer.activation(hidden)
        return hidden


def _learns(layer: nn.Linear) -> bool:
    """Whether all tensors of a layer are parameters; frozen ones are not."""
    tensors = [layer.weight, *([] if layer.bias is None else [layer.bias])]
    return all(isinstance(tensor, nn.Parameter) for tensor in tensors)


def out_of_place(activation: nn.Module) -> nn.Module:
    """The activation, or a copy that leaves its inputs as they are: a backward pass needs them.

    >>> out_of_place(nn.SiLU(inplace=True)).inplace
    False
    """
    if not getattr(activation, "inplace", False):
        return activation
    plain: Any = copy.copy(activation)
    plain.inplace = False
    return plain


def affine(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(N, D) or (K, N, D) times (K, C, D) transposed, plus (K, C), as (K, N, C)."""
    if hidden.dim() == 2:
        hidden = hidden.expand(weight.shape[0], *hidden.shape)
    if bias is None:
        return torch.bmm(hidden, weight.mT)
    return torch.baddbmm(bias.unsqueeze(-2), hidden, weight.mT)
