"""A plain stack of layers inside a module of one's own, found by following its forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from lossviz.problem.stack import ACTIVATIONS, DenseStack, Layer, out_of_place

#: Functions and methods that are an activation module, with options of the same names.
FUNCTIONS: dict[Any, Callable[..., nn.Module]] = {
    torch.tanh: nn.Tanh,
    F.tanh: nn.Tanh,
    "tanh": nn.Tanh,
    torch.relu: nn.ReLU,
    F.relu: nn.ReLU,
    "relu": nn.ReLU,
    torch.sigmoid: nn.Sigmoid,
    F.sigmoid: nn.Sigmoid,
    "sigmoid": nn.Sigmoid,
    F.silu: nn.SiLU,
    F.gelu: nn.GELU,
    F.elu: nn.ELU,
    F.softplus: nn.Softplus,
    F.leaky_relu: nn.LeakyReLU,
}

#: In evaluation mode they do nothing.
ABSENT: tuple[type[nn.Module], ...] = (nn.Dropout, nn.Identity)


def traced_stack(module: nn.Module) -> DenseStack | None:
    """The stack of layers that a module's forward amounts to, or None.

    The forward is followed symbolically; it must be one chain of linear layers, each used once, and
    of activations (modules, or functions). What branches on values, or does anything else, is left
    to the general path. The stack found is checked against the module on random inputs, at its own
    weights.

    Args:
        module: In evaluation mode; it may be called once.

    >>> class Mine(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.first, self.last = nn.Linear(2, 3), nn.Linear(3, 1)
    ...
    ...     def forward(self, x):
    ...         return self.last(torch.tanh(self.first(x)))
    >>> [layer.weight for layer in traced_stack(Mine().eval()).layers]
    ['first.weight', 'last.weight']
    """
    for child in module.modules():
        if child._forward_hooks or child._forward_pre_hooks:
            return None
        leaf = next(child.children(), None) is None
        if leaf and child is not module and type(child) not in (nn.Linear, *ACTIVATIONS, *ABSENT):
            return None
    try:
        graph = fx.Tracer().trace(module)
    except Exception:  # whatever a forward does with a value that is none
        return None
    stack = _chain(module, graph)
    return stack if stack is not None and _agrees(stack, module) else None


def _chain(module: nn.Module, graph: fx.Graph) -> DenseStack | None:
    layers: list[Layer] = []
    known = dict(module.named_parameters())
    before: fx.Node | None = None
    for node in graph.nodes:
        if node.op == "output":
            return DenseStack(tuple(layers)) if layers and node.args == (before,) else None
        if node.op == "placeholder":
            if before is not None:
                return None
        elif node.args != (before,) or not _add(layers, node, module, known):
            return None
        before = node
    return None  # pragma: no cover - every graph has an output


def _add(
    layers: list[Layer], node: fx.Node, module: nn.Module, known: dict[str, nn.Parameter]
) -> bool:
    """Add a node of the chain to the layers; False when it does not fit."""
    if node.op == "call_module":
        child = module.get_submodule(str(node.target))
        if type(child) in ABSENT:
            return True
        if type(child) is nn.Linear:
            weight, bias = f"{node.target}.weight", f"{node.target}.bias"
            names = [weight] if child.bias is None else [weight, bias]
            used = {layer.weight for layer in layers}
            layers.append(Layer(weight, None if child.bias is None else bias, None))
            return weight not in used and all(name in known for name in names)
        activation = child
    elif node.target in FUNCTIONS:
        options = {name: value for name, value in node.kwargs.items() if name != "inplace"}
        try:
            activation = FUNCTIONS[node.target](**options)
        except TypeError:
            return False
    else:
        return False
    if not layers or layers[-1].activation is not None or type(activation) not in ACTIVATIONS:
        return False
    layers[-1] = Layer(layers[-1].weight, layers[-1].bias, out_of_place(activation))
    return True


def _agrees(stack: DenseStack, module: nn.Module) -> bool:
    params: dict[str, Tensor] = dict(module.named_parameters())
    weight = params[stack.layers[0].weight]
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(5, weight.shape[1], generator=generator).to(weight)
    with torch.no_grad():
        try:
            expected = module(inputs)
        except Exception:
            return False
        found = stack.forward({k: v.detach()[None] for k, v in params.items()}, inputs)[0]
    return found.shape == expected.shape and torch.allclose(found, expected, 1e-4, 1e-5)
