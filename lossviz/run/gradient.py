"""Losses and gradients of many points in one forward and one backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Criterion, Problem
from lossviz.problem.space import ParamSpace
from lossviz.problem.stack import DenseStack, affine

#: A batch to the losses (K,) at the rows of a bound theta; gradients go into a bound grad.
Evaluate = Callable[[Batch], Tensor]


def bind(problem: Problem, theta: Tensor, grad: Tensor) -> Evaluate:
    """A function that evaluates the losses of the rows of ``theta`` and fills ``grad``.

    Both are (K, P) and are used where they stand: what is written into ``theta`` later counts.
    Plain dense networks get a backward pass of their own, which gives the same bits as autograd
    for three quarters of the time; everything else goes through autograd.
    """
    model = problem.model
    if problem.batched and type(model) is ModuleModel and model.stack is not None:
        return bind_dense(model.stack, model.space, problem.criterion, theta, grad)
    return bind_autograd(problem, theta, grad)


def bind_autograd(problem: Problem, theta: Tensor, grad: Tensor) -> Evaluate:
    """The gradient of any problem."""
    leaf = theta.detach().requires_grad_()
    ones = torch.ones(len(theta), dtype=theta.dtype)
    losses_at = _stacked(problem)

    def evaluate(batch: Batch) -> Tensor:
        with torch.enable_grad():
            losses = losses_at(leaf, batch)
            (slope,) = torch.autograd.grad(losses, leaf, ones, materialize_grads=True)
        grad.copy_(slope)
        return losses.detach()

    return evaluate


def _stacked(problem: Problem) -> Callable[[Tensor, Batch], Tensor]:
    """The losses (K,) of rows (K, P): stacked where the problem can, else row by row."""
    can_stack = True

    def losses_at(theta: Tensor, batch: Batch) -> Tensor:
        nonlocal can_stack
        if problem.batched or (can_stack and len(theta) > 1):
            try:
                return problem.stacked_loss(theta, batch)
            except RuntimeError:
                # A module that vmap cannot follow, say one that looks at its values.
                if problem.batched:
                    raise
                can_stack = False
        unflatten = problem.space.unflatten
        return torch.stack([problem.loss(unflatten(row), batch) for row in theta])

    return losses_at


def bind_dense(
    stack: DenseStack, space: ParamSpace, criterion: Criterion, theta: Tensor, grad: Tensor
) -> Evaluate:
    """The gradient of a stack of dense layers: autograd for the criterion, chain rule for the rest.

    For a layer with inputs ``h`` and weights ``W``, and the loss's slope ``g`` at its sums, the
    slopes are ``g^T h`` at the weights, the sum of ``g`` at the biases, and ``g W`` at the inputs.
    """
    params, slopes = space.unflatten(theta), space.unflatten(grad)
    weights = [params[layer.weight] for layer in stack.layers]
    biases = [params.get(layer.bias or "") for layer in stack.layers]
    weight_slopes = [slopes[layer.weight] for layer in stack.layers]
    bias_slopes = [slopes.get(layer.bias or "") for layer in stack.layers]
    activations = [layer.activation for layer in stack.layers]
    backwards = [backward_of(activation) for activation in activations]
    ones = torch.ones(len(theta), dtype=theta.dtype)
    last = len(weights) - 1

    def evaluate(batch: Batch) -> Tensor:
        inputs, targets = batch
        hidden = inputs.expand(len(theta), *inputs.shape)
        into: list[Tensor] = []
        before: list[Tensor] = []
        after: list[Tensor] = []
        with torch.no_grad():
            for weight, bias, activation in zip(weights, biases, activations, strict=True):
                into.append(hidden)
                hidden = affine(hidden, weight, bias)
                before.append(hidden)
                if activation is not None:
                    hidden = activation(hidden)
                after.append(hidden)
        outputs = hidden.detach().requires_grad_()
        with torch.enable_grad():
            losses = criterion(outputs, targets)
        (slope,) = torch.autograd.grad(losses, outputs, ones, materialize_grads=True)
        with torch.no_grad():
            for i in range(last, -1, -1):
                backward = backwards[i]
                if backward is not None:
                    slope = backward(slope, before[i], after[i])
                bias_slope = bias_slopes[i]
                if bias_slope is not None:
                    torch.sum(slope, -2, out=bias_slope)
                torch.bmm(slope.mT, into[i], out=weight_slopes[i])
                if i:
                    slope = torch.bmm(slope, weights[i])
        return losses.detach()

    return evaluate


#: Slope at the outputs, inputs, outputs -> slope at the inputs, of an activation.
Backward = Callable[[Tensor, Tensor, Tensor], Tensor]

_aten = torch.ops.aten


def backward_of(activation: nn.Module | None) -> Backward | None:
    """The backward pass of an activation, by torch's own kernels; None for the identity."""
    module: Any = activation
    match activation:
        case None | nn.Identity():
            return None
        case nn.Tanh():
            return lambda g, x, y: _aten.tanh_backward.default(g, y)
        case nn.Sigmoid():
            return lambda g, x, y: _aten.sigmoid_backward.default(g, y)
        case nn.ReLU():
            return lambda g, x, y: _aten.threshold_backward.default(g, y, 0)
        case nn.SiLU():
            return lambda g, x, y: _aten.silu_backward.default(g, x)
        case nn.GELU():
            how = module.approximate
            return lambda g, x, y: _aten.gelu_backward.default(g, x, approximate=how)
        case nn.ELU():
            alpha = module.alpha
            return lambda g, x, y: _aten.elu_backward.default(g, alpha, 1, 1, False, x)
        case nn.Softplus():
            beta, threshold = module.beta, module.threshold
            return lambda g, x, y: _aten.softplus_backward.default(g, x, beta, threshold)
        case nn.LeakyReLU():
            steep = module.negative_slope
            return lambda g, x, y: _aten.leaky_relu_backward.default(g, x, steep, False)
    return _by_autograd(module)


def _by_autograd(activation: nn.Module) -> Backward:
    def backward(slope: Tensor, before: Tensor, after: Tensor) -> Tensor:
        leaf = before.detach().requires_grad_()
        with torch.enable_grad():
            values = activation(leaf)
        return torch.autograd.grad(values, leaf, slope)[0]

    return backward
