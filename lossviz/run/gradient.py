"""Losses and gradients of many points in one forward and one backward pass.

What training disturbs (noise on the inputs, dropout) is drawn here, by the number of the step: see
`lossviz.problem.disturbance`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.problem.build import seeded
from lossviz.problem.disturbance import Disturbance, dropout_layers, mask
from lossviz.problem.model import ModuleModel
from lossviz.problem.point import Function, PointValue
from lossviz.problem.problem import Batch, Criterion, Problem
from lossviz.problem.space import ParamSpace
from lossviz.problem.stack import DenseStack, Layer
from lossviz.registry import Slope

#: A batch to the losses (K,) at the rows of a bound theta; gradients go into a bound grad.
Evaluate = Callable[[Batch], Tensor]

#: Slope at the outputs, inputs, outputs -> slope at the inputs, of an activation.
Backward = Callable[[Tensor, Tensor, Tensor], Tensor]


#: How many steps were taken before this evaluation.
StepOf = Callable[[], int]


def bind(problem: Problem, theta: Tensor, grad: Tensor, step_of: StepOf = lambda: 0) -> Evaluate:
    """A function that evaluates the losses of the rows of ``theta`` and fills ``grad``.

    Both are (K, P) and are used where they stand: what is written into ``theta`` later counts.
    Plain dense networks get a backward pass of their own: the same products as in a plain loop with
    `torch.nn.Linear`, in three quarters of autograd's time. A function that knows its slopes needs
    none, and everything else goes through autograd.

    Args:
        problem: What to evaluate, as in training: with its penalty and its disturbance.
        theta: (K, P).
        grad: (K, P).
        step_of: Says, when an evaluation begins, at which step it is; it decides what is drawn.
    """
    model, criterion = problem.model, problem.criterion
    if isinstance(criterion, PointValue) and criterion.slope is not None:
        plain = bind_point(criterion.f, criterion.slope, theta, grad)
        return _penalised(problem, plain, theta, grad)
    if problem.batched and type(model) is ModuleModel and _all_in_stack(problem, model):
        assert model.stack is not None
        drawn = problem.disturbance
        plain = bind_dense(model.stack, model.space, criterion, theta, grad, drawn, step_of)
        return _penalised(problem, plain, theta, grad)
    return bind_autograd(problem, theta, grad, step_of)


def _all_in_stack(problem: Problem, model: ModuleModel) -> bool:
    """Whether the model's stack of layers is all that training calls, dropout included."""
    if model.stack is None:
        return False
    if problem.disturbance is None or not problem.disturbance.dropout:
        return True
    known = sum(layer.dropout > 0 for layer in model.stack.layers)
    return known == len(dropout_layers(model.module))


def _penalised(problem: Problem, plain: Evaluate, theta: Tensor, grad: Tensor) -> Evaluate:
    """The evaluation with the problem's penalty, where it has one."""
    penalty = problem.penalty
    if penalty is None:
        return plain

    def evaluate(batch: Batch) -> Tensor:
        losses = plain(batch)
        with torch.no_grad():
            grad.add_(penalty.slope(theta))
            return losses + penalty.value(theta)

    return evaluate


def bind_point(f: Function, slope: Slope, theta: Tensor, grad: Tensor) -> Evaluate:
    """The gradient of a function of x and y that gives its slopes itself."""
    x, y = theta.detach().unbind(-1)
    into_x, into_y = grad.unbind(-1)

    def evaluate(batch: Batch) -> Tensor:
        dx, dy = slope(x, y)
        into_x.copy_(dx)
        into_y.copy_(dy)
        return f(x, y)

    return evaluate


def bind_autograd(
    problem: Problem, theta: Tensor, grad: Tensor, step_of: StepOf = lambda: 0
) -> Evaluate:
    """The gradient of any problem."""
    leaf = theta.detach().requires_grad_()
    ones = theta.new_ones(len(theta))
    losses_at = _stacked(problem)
    if problem.disturbance is not None:
        losses_at = _disturbed(problem, problem.disturbance, step_of)

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


def _disturbed(
    problem: Problem, disturbance: Disturbance, step_of: StepOf
) -> Callable[[Tensor, Batch], Tensor]:
    """The losses (K,) of rows (K, P) as training sees them.

    Dropout draws from torch's global generator, so rows are taken one by one, each from the same
    seed: contenders share their masks.
    """
    if not disturbance.dropout:
        still = _stacked(problem)

        def noisy(theta: Tensor, batch: Batch) -> Tensor:
            drawn = disturbance.generator(step_of())
            return still(theta, (disturbance.noisy(batch[0], drawn), batch[1]))

        return noisy
    if isinstance(problem.model, ModuleModel):
        problem = replace(problem, model=problem.model.with_dropout())

    def losses_at(theta: Tensor, batch: Batch) -> Tensor:
        found = []
        for row in theta:
            with seeded(disturbance.seed_of(step_of())):
                inputs = disturbance.noisy(batch[0])
                found.append(problem.loss(problem.space.unflatten(row), (inputs, batch[1])))
        return torch.stack(found)

    return losses_at


def bind_dense(
    stack: DenseStack,
    space: ParamSpace,
    criterion: Criterion,
    theta: Tensor,
    grad: Tensor,
    disturbance: Disturbance | None = None,
    step_of: StepOf = lambda: 0,
) -> Evaluate:
    """The gradient of a stack of dense layers: autograd for the criterion, chain rule for the rest.

    For a layer with inputs ``h`` and weights ``W``, and the loss's slope ``g`` at its sums, the
    slopes are ``g^T h`` at the weights, the sum of ``g`` at the biases, and ``g W`` at the inputs.
    """
    drops = disturbance is not None and disturbance.dropout
    layers = [_bind_layer(layer, space, theta, drops) for layer in stack.layers]
    found = [theta[:, :0]] * len(space.names)  # each tensor's slopes (K, its size)
    slope_at = slope_of(criterion, theta.new_ones(len(theta)))

    def evaluate(batch: Batch) -> Tensor:
        inputs, targets = batch
        if disturbance is not None:
            generator = disturbance.generator(step_of())
            inputs = disturbance.noisy(inputs, generator)
        hidden = inputs.expand(len(theta), *inputs.shape)
        seen: list[tuple[Tensor, Tensor, Tensor, Tensor | None]] = []
        for layer in layers:
            before = layer.sums(hidden)
            after = before if layer.activation is None else layer.activation(before)
            kept = mask(after, layer.dropout, generator) if layer.dropout else None
            seen.append((hidden, before, after, kept))
            hidden = after if kept is None else after * kept
        losses, slope = slope_at(hidden, targets)
        backwards = zip(reversed(layers), reversed(seen), strict=True)
        for layer, (into, before, after, kept) in backwards:
            if kept is not None:
                slope = slope * kept
            if layer.backward is not None:
                slope = layer.backward(slope, before, after)
            found[layer.weight_place] = torch.bmm(slope.mT, into).flatten(1)
            if layer.bias_place is not None:
                found[layer.bias_place] = slope.sum(-2)
            if layer is not layers[0]:
                slope = torch.bmm(slope, layer.weight)
        torch.cat(found, dim=1, out=grad)
        return losses.detach()

    return evaluate


def slope_of(
    criterion: Criterion, ones: Tensor
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """A function of outputs (K, N, C) and targets: the losses (K,), and their slopes (K, N, C).

    A criterion with ``with_slope`` gives both itself, unless it gives None; the others go through
    autograd, from as many ``ones`` (K,) as there are losses.
    """
    known = getattr(criterion, "with_slope", None)

    def slope_at(hidden: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        found = known(hidden, targets) if known is not None else None
        if found is not None:
            return found
        # A leaf of its own: the last activation's backward reads the same values.
        outputs = hidden.detach().requires_grad_()
        with torch.enable_grad():
            losses = criterion(outputs, targets)
        (slope,) = torch.autograd.grad(losses, outputs, ones)
        return losses, slope

    return slope_at


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer's tensors as views of theta, and their places among the parameters."""

    weight: Tensor
    transposed: Tensor
    bias: Tensor | None
    weight_place: int
    bias_place: int | None
    activation: Callable[[Tensor], Tensor] | None
    backward: Backward | None
    dropout: float

    def sums(self, hidden: Tensor) -> Tensor:
        """The weighted sums (K, N, C) of the inputs (K, N, D)."""
        if self.bias is None:
            return torch.bmm(hidden, self.transposed)
        return torch.baddbmm(self.bias, hidden, self.transposed)


def _bind_layer(layer: Layer, space: ParamSpace, theta: Tensor, drops: bool) -> _Layer:
    params = space.unflatten(theta)
    weight, bias = params[layer.weight], params.get(layer.bias or "")
    return _Layer(
        weight=weight,
        transposed=weight.mT,
        bias=None if bias is None else bias.unsqueeze(-2),
        weight_place=space.names.index(layer.weight),
        bias_place=None if layer.bias is None else space.names.index(layer.bias),
        # Without the module's call around it: a stack has no hooks.
        activation=None if layer.activation is None else layer.activation.forward,
        backward=backward_of(layer.activation),
        dropout=layer.dropout if drops else 0.0,
    )


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
