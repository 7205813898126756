"""How large signals and gradients are, layer by layer, and which units are of no use."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lossviz.problem.model import ModuleModel
from lossviz.problem.models.recurrent import SequenceNet
from lossviz.problem.problem import Problem
from lossviz.problem.stack import DenseStack, affine
from lossviz.registry import SettingError
from lossviz.run.threads import one_thread

#: Units whose sums differ by less than this share of their layer's largest one say the same.
ALIKE = 1e-5
#: Layers whose outputs are looked at in a network that is no plain stack.
_LOOKED_AT = (nn.Linear, nn.Conv2d, nn.LayerNorm, nn.MultiheadAttention)


@dataclass(frozen=True, eq=False)
class Spreads:
    """What comes out of each layer, at F points of weight space.

    How to read it: along a healthy network the spreads stay within a factor of a few from the first
    layer to the last. Spreads of activations that fall from layer to layer mean that the input is
    forgotten; spreads of gradients that fall towards the first layers mean that these hardly learn
    (they vanish), spreads that grow that steps become wild (they explode). For a recurrent network
    the layers are its steps: gradients that fall towards the first step mean that it cannot learn
    what happened then.

    Args:
        layers: L names, from the input's side to the output's.
        activations: (F, L), the standard deviation of all outputs of a layer, over units and
            samples, after the activation function.
        gradients: (F, L), the standard deviation of the slope of the loss at these outputs.
        units: (L,), how many units each layer has; 0 where single units are not told apart.
        dead: (F, L), units that give zero for every sample; only of layers with a rectifier, else
            not a number. Their weights have no gradient at all.
        alike: (F, L), units that give the same as another unit of their layer for every sample.
            Such units get the same gradients, and stay alike.
    """

    layers: tuple[str, ...]
    activations: np.ndarray
    gradients: np.ndarray
    units: np.ndarray
    dead: np.ndarray
    alike: np.ndarray


@one_thread()
def spreads(problem: Problem, theta: Tensor) -> Spreads:
    """The spreads at the rows of theta (F, P), over the training samples, as in evaluation.

    Args:
        problem: Any problem whose model is a module.
        theta: (F, P); one vector (P,) is one row.

    Raises:
        SettingError: When the parameters are the point itself, or there are no samples.

    >>> import lossviz as lv
    >>> problem = lv.build(lv.Experiment(init="zero", bias_init="zero"))
    >>> found = spreads(problem, problem.theta0)
    >>> found.layers, found.activations.tolist(), found.alike.tolist()
    (('layer 1', 'layer 2', 'output'), [[0.0, 0.0, 0.0]], [[16.0, 16.0, 2.0]])
    """
    model = problem.model
    if not isinstance(model, ModuleModel) or not len(problem.batch()[0]):
        raise SettingError("There are no layers through which samples could be sent.")
    rows = theta.detach().reshape(-1, problem.space.size)
    if model.stack is not None:
        return _of_stack(problem, model.stack, rows)
    look = _steps if isinstance(model.module, SequenceNet) else _layers
    each = [look(problem, model, row) for row in rows]
    return Spreads(
        each[0][0],
        np.stack([activations for _, activations, _ in each]),
        np.stack([gradients for _, _, gradients in each]),
        np.zeros(len(each[0][0]), dtype=np.int64),
        *(np.full((len(rows), len(each[0][0])), np.nan) for _ in range(2)),
    )


# --- plain stacks, all points at once ----------------------------------------------------------


def _of_stack(problem: Problem, stack: DenseStack, theta: Tensor) -> Spreads:
    inputs, targets = problem.batch()
    params = problem.space.unflatten(theta)
    hidden, outputs, rectified = inputs, [], []
    with torch.enable_grad():
        for layer in stack.layers:
            hidden = affine(hidden, params[layer.weight], params.get(layer.bias or ""))
            if layer.activation is not None:
                hidden = layer.activation(hidden)
            if not hidden.requires_grad:
                hidden.requires_grad_()
            outputs.append(hidden)
            rectified.append(isinstance(layer.activation, nn.ReLU))
        losses = _losses(problem, hidden, targets)
        slopes = torch.autograd.grad(losses.sum(), outputs, materialize_grads=True)
    values = [output.detach() for output in outputs]
    return Spreads(
        _names(len(values)),
        _columns(values, _spread),
        _columns(list(slopes), _spread),
        np.array([value.shape[-1] for value in values]),
        np.where(rectified, _columns(values, _dead), np.nan),
        _columns(values, _alike),
    )


def _losses(problem: Problem, outputs: Tensor, targets: Tensor) -> Tensor:
    if problem.batched:
        return problem.criterion(outputs, targets)
    return torch.stack([problem.criterion(row, targets) for row in outputs])


def _names(count: int) -> tuple[str, ...]:
    return (*(f"layer {place + 1}" for place in range(count - 1)), "output")


def _columns(values: list[Tensor], of: Callable[[Tensor], Tensor]) -> np.ndarray:
    """A function of outputs (F, N, H) to numbers (F,), as columns (F, L)."""
    return np.stack([of(value).double().numpy() for value in values], axis=1)


def _spread(values: Tensor) -> Tensor:
    return values.flatten(1).std(1, correction=0)


def _dead(values: Tensor) -> Tensor:
    return (values == 0).all(1).sum(1)


def _alike(values: Tensor) -> Tensor:
    """How many units give, for every sample, what another one gives."""
    # Units that agree for all samples agree in two random sums over them, and no others do.
    sums = torch.randn(values.shape[1], 2, generator=torch.Generator().manual_seed(0))
    seen = values.mT @ sums.to(values)  # (F, H, 2)
    apart = (seen[:, :, None] - seen[:, None]).abs().amax(-1)
    same = apart <= ALIKE * seen.abs().amax((1, 2))[:, None, None]
    return (same.sum(-1) > 1).sum(-1)


# --- other networks, one point after the other -------------------------------------------------

_Found = tuple[tuple[str, ...], np.ndarray, np.ndarray]


def _layers(problem: Problem, model: ModuleModel, row: Tensor) -> _Found:
    """The outputs of the layers that learn, in the order in which they are used."""
    module = _loaded(problem, model, row)
    outputs: list[tuple[str, Tensor]] = []

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(layer: nn.Module, given: object, output: object) -> None:
            found = output[0] if isinstance(output, tuple) else output
            if isinstance(found, Tensor) and found.requires_grad:
                outputs.append((name, found))

        return hook

    for name, layer in module.named_modules():
        if isinstance(layer, _LOOKED_AT):
            layer.register_forward_hook(note(name))
    inputs, targets = problem.batch()
    with torch.enable_grad():
        loss = problem.criterion(module(inputs), targets)
        return _measured(outputs, loss)


def _steps(problem: Problem, model: ModuleModel, row: Tensor) -> _Found:
    """What the last recurrent layer says at each step of the sequence."""
    module = _loaded(problem, model, row)
    assert isinstance(module, SequenceNet)
    inputs, targets = problem.batch()
    with torch.enable_grad():
        said = module.body.unrolled(inputs.unflatten(1, module.sides))
        loss = problem.criterion(module.head(said[-1]), targets)
        return _measured([(f"step {t + 1}", value) for t, value in enumerate(said)], loss)


def _loaded(problem: Problem, model: ModuleModel, row: Tensor) -> nn.Module:
    """A copy of the module with these parameters."""
    module = copy.deepcopy(model.module).requires_grad_()
    # Not strict, because buffers are no parameters: they stay as they are.
    module.load_state_dict(problem.space.unflatten(row), strict=False)
    return module


def _measured(outputs: list[tuple[str, Tensor]], loss: Tensor) -> _Found:
    names = tuple(name for name, _ in outputs)
    values = [value for _, value in outputs]
    slopes = torch.autograd.grad(loss, values, materialize_grads=True)
    return names, _spreads_of(values), _spreads_of(slopes)


def _spreads_of(values: Sequence[Tensor]) -> np.ndarray:
    return np.array([float(value.detach().double().std(correction=0)) for value in values])


def deep_signals(
    weights: Callable[[Tensor], object],
    width: int = 256,
    depth: int = 10,
    activation: Callable[[Tensor], Tensor] = torch.tanh,
    samples: int = 1000,
    seed: int = 0,
) -> np.ndarray:
    """The spread of the activations (depth,) of a deep network without biases, at its start.

    Inputs are standard normal, so that every layer begins with the same task: to hand on a signal
    of the size in which it came. In float64.

    How to read it: a first layer near 1 that falls to nothing is too small a start, one that sticks
    at the activation's largest value is too large a start.

    Args:
        weights: Fills one matrix (width, width) in place, say `torch.nn.init.xavier_normal_`.
        width: Units in each layer, and inputs.
        depth: How many layers there are.
        activation: What comes after each.
        samples: How many inputs are sent through.
        seed: Of inputs and weights.

    >>> large = deep_signals(lambda w: torch.nn.init.normal_(w), depth=3)
    >>> bool(large[-1] > 0.95)
    True
    """
    found = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        hidden = torch.randn(samples, width, dtype=torch.float64)
        for _ in range(depth):
            matrix = hidden.new_empty(width, width)
            weights(matrix)
            hidden = activation(hidden @ matrix.mT)
            found.append(float(hidden.std(correction=0)))
    return np.array(found)
