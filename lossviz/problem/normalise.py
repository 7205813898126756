"""Which statistics batch normalisation uses, as functions of parameters and data alone.

A module with batch normalisation is not one function of its parameters but several:

* ``"frozen"``: with the running statistics that it came with, as ``module.eval()``. Away from the
  weights for which they were gathered they do not fit, and the loss may be large for that alone.
* ``"batch"``: with the statistics of the samples that are evaluated, as ``module.train()``. This is
  what training lowers; a sample's outputs then depend on the others.
* ``"recomputed"``: with the statistics that all training samples have at those parameters, gathered
  anew at every point as by `torch.optim.swa_utils.update_bn`, then as ``module.eval()``. This is
  the network that one would use, were these its weights.

Running statistics are never moved: they are no parameters, no plane has a part in them, and all
that is counted is put into copies. A run does not record them, because its training does not depend
on them; `replayed_buffers` gives what a plain loop would have in its buffers.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lossviz.problem.ties import has_ties

Statistics = Literal["frozen", "batch", "recomputed"]

#: The layers whose forward is torch's kernel and nothing else.
PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

#: Mean (C,) and variance (C,) of what came into each layer, by name, while they are gathered.
_Seen = dict[str, list[tuple[Tensor, Tensor]]]
_seen: ContextVar[_Seen | None] = ContextVar("seen", default=None)


def check_statistics(statistics: str) -> None:
    """Raise ValueError for what is none of "frozen", "batch" and "recomputed"."""
    if statistics not in get_args(Statistics):
        raise ValueError(
            f"statistics is {statistics!r}, but must be one of {', '.join(get_args(Statistics))}."
        )


def norm_layers(module: nn.Module) -> dict[str, nn.modules.batchnorm._BatchNorm]:
    """The layers of batch normalisation that keep running statistics, by name."""
    return {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None
    }


class BatchStatistics:
    """A module whose batch normalisation takes the statistics of what comes in.

    Args:
        module: In evaluation mode, as all of it but the normalisation stays; it is copied.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module)
        for name, layer in norm_layers(self.module).items():
            # Without running statistics torch itself takes those of the batch, in every mode.
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None
            if type(layer) in PLAIN:
                layer.forward = _Noted(name, layer)  # type: ignore[method-assign, assignment]
            else:
                layer.register_forward_hook(_Note(name))
        self.buffers = dict(self.module.named_buffers())
        self._tied = has_ties(self.module)

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Outputs of the module with these parameters."""
        found: Tensor = functional_call(
            self.module, {**self.buffers, **params}, (inputs,), tie_weights=self._tied
        )
        return found

    def gathered(self, params: Mapping[str, Tensor], inputs: Tensor) -> dict[str, Tensor]:
        """The running mean and variance (C,) of each layer after one pass over these inputs alone.

        The variance is the unbiased one, as torch keeps it. A layer that is used more than once
        has the mean over its uses.
        """
        token = _seen.set({})
        try:
            self.forward(params, inputs)
            seen = _seen.get() or {}
        finally:
            _seen.reset(token)
        return {
            f"{name}.{what}": torch.stack([use[place] for use in uses]).mean(0)
            for name, uses in seen.items()
            for place, what in enumerate(("running_mean", "running_var"))
        }


class _Noted:
    """The forward of a layer that, while statistics are gathered, writes down what torch's own
    kernel finds on its way: to count them once more takes as long as the layer itself.
    """

    def __init__(self, name: str, layer: nn.modules.batchnorm._BatchNorm) -> None:
        self.name, self.layer = name, layer

    def __call__(self, values: Tensor) -> Tensor:
        layer, seen = self.layer, _seen.get()
        count = values.numel() // max(1, values.shape[1])
        if seen is None or count < 2:
            plain: Tensor = type(layer).forward(layer, values)
            return plain
        layer._check_input_dim(values)
        found, mean, rate = torch.native_batch_norm(
            values, layer.weight, layer.bias, None, None, True, 0.0, layer.eps
        )
        # The kernel gives 1 / sqrt(variance + eps), of the variance over all values.
        spread = (rate**-2 - layer.eps).clamp_min(0) * (count / (count - 1))
        seen.setdefault(self.name, []).append((mean, spread))
        return found


class _Note:
    """A forward hook that writes down mean and variance of what comes into a layer."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        seen = _seen.get()
        if seen is not None:
            seen.setdefault(self.name, []).append(_spread(inputs[0]))


def _spread(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (C,) and unbiased variance (C,) of each channel of values (N, C, ...)."""
    # In two passes, as accurate as torch.var_mean, which takes eight times as long on a CPU.
    rows = values.transpose(0, 1).flatten(1)
    mean = rows.mean(1)
    away = rows - mean.unsqueeze(1)
    return mean, away.square().sum(1) / (rows.shape[1] - 1)


def replayed_buffers(
    module: nn.Module, weights: Iterable[Mapping[str, Tensor]], batches: Iterable[Tensor]
) -> dict[str, Tensor]:
    """The buffers that training leaves in a module: one forward pass in training mode a step.

    Args:
        module: As it was before the first step; it is copied, never changed.
        weights: The parameters at each step, before the optimizer changes them.
        batches: The inputs of each step.

    >>> layer = nn.BatchNorm1d(1)
    >>> start = {name: p.detach() for name, p in layer.named_parameters()}
    >>> buffers = replayed_buffers(layer, [start], [torch.tensor([[0.0], [2.0]])])
    >>> {name: round(value.item(), 3) for name, value in buffers.items()}
    {'running_mean': 0.1, 'running_var': 1.1, 'num_batches_tracked': 1}
    """
    replay = copy.deepcopy(module).eval()
    for layer in norm_layers(replay).values():
        layer.train()
    with torch.no_grad():
        for params, inputs in zip(weights, batches, strict=False):
            functional_call(replay, dict(params), (inputs,))
    return {name: buffer.clone() for name, buffer in replay.named_buffers()}
