"""The contract of a model."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from lossviz.problem.model import ModuleModel
from lossviz.registry import ModelEntry, Shape, Task, Value
from lossviz.testing.common import check_entry, corners, random_state_stays, require

#: Inputs and outputs that are tried; one output is a regression.
_WIDTHS = ((1, 1), (2, 1), (2, 2), (2, 3), (5, 1), (30, 4))


def check_model(entry: ModelEntry) -> None:
    """Check a model: outputs, gradients, and that many models at once equal one by one."""
    check_entry(entry)
    accepted = 0
    for inputs, outputs in _WIDTHS:
        task: Task = "regression" if outputs == 1 else "classification"
        shape = Shape(task, inputs, 0 if outputs == 1 else outputs)
        reason = entry.refuses(shape, outputs)
        require(
            isinstance(reason, str), f"{entry.name}: refuses gives a sentence or '', not {reason}."
        )
        if reason:
            continue
        accepted += 1
        for params in corners(entry):
            _check_module(f"{entry.name}({params})", entry, inputs, outputs, params)
    require(accepted, f"{entry.name}: refuses every data set that was tried.")


def _check_module(
    who: str, entry: ModelEntry, inputs: int, outputs: int, params: Mapping[str, Value]
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = entry.make(inputs, outputs, **params)
        torch.manual_seed(0)
        again = entry.make(inputs, outputs, **params)
    require(isinstance(module, nn.Module), f"{who}: make gives a torch.nn.Module.")
    tensors = dict(module.named_parameters())
    require(tensors, f"{who}: the module has no parameters, so there is nothing to learn.")
    require(
        all(torch.equal(t, u) for t, u in zip(tensors.values(), again.parameters(), strict=True)),
        f"{who}: after the same torch.manual_seed the parameters are others the second time.",
    )
    model = ModuleModel(module.double())
    points = torch.linspace(-1, 1, 7 * inputs, dtype=torch.float64).reshape(7, inputs)
    start = model.start()
    with random_state_stays(who):
        found = model.forward(start, points)
    require(
        found.shape == (7, outputs) and bool(found.isfinite().all()),
        f"{who}: 7 samples give finite outputs (7, {outputs}), not {tuple(found.shape)}.",
    )
    require(
        torch.allclose(model.forward(start, points[:3]), found[:3]),
        f"{who}: the outputs of a sample depend on the other samples of the batch.",
    )
    theta = model.space.flatten(start) * torch.tensor([[1.0], [0.5]], dtype=torch.float64)
    one_by_one = torch.stack([model.forward(model.space.unflatten(t), points) for t in theta])
    require(
        torch.allclose(model.stacked(theta, points), one_by_one),
        f"{who}: many models at once give other outputs than one by one.",
    )
    theta = theta.requires_grad_()
    (gradient,) = torch.autograd.grad(model.stacked(theta, points).square().sum(), theta)
    require(gradient.isfinite().all(), f"{who}: the gradient is not finite.")
