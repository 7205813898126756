"""The contract of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.problem.model import ModuleModel
from lossviz.registry import ModelEntry, Shape, Task, Value
from lossviz.testing.common import check_entry, corners, random_state_stays, require


def _shape(inputs: int, outputs: int, *more: Any) -> tuple[Shape, int]:
    """A regression for one output, else as many classes; and the number of outputs."""
    task: Task = "regression" if outputs == 1 else "classification"
    return Shape(task, inputs, 0 if outputs == 1 else outputs, *more), outputs


#: Data that are tried, with the number of outputs.
_SHAPES = (
    *(_shape(*widths) for widths in ((1, 1), (2, 1), (2, 2), (2, 3), (5, 1), (30, 4))),
    _shape(24, 3, "image", (4, 6)),
    _shape(10, 1, "sequence", (5, 2)),
    _shape(6, 2, "sequence", (6, 1)),
    _shape(5, 7, "tokens", (5,), 7),
)


def check_model(entry: ModelEntry) -> None:
    """Check a model: outputs, gradients, and that many models at once equal one by one."""
    check_entry(entry)
    accepted = 0
    for shape, outputs in _SHAPES:
        reason = entry.refuses(shape, outputs)
        require(
            isinstance(reason, str), f"{entry.name}: refuses gives a sentence or '', not {reason}."
        )
        if reason:
            continue
        accepted += 1
        for params in corners(entry):
            _check_module(f"{entry.name}({params})", entry, shape, outputs, params)
    require(accepted, f"{entry.name}: refuses every data set that was tried.")


def _check_module(
    who: str, entry: ModelEntry, shape: Shape, outputs: int, params: Mapping[str, Value]
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = entry.module(shape, outputs, params)
        torch.manual_seed(0)
        again = entry.module(shape, outputs, params)
    require(isinstance(module, nn.Module), f"{who}: make gives a torch.nn.Module.")
    tensors = dict(module.named_parameters())
    require(tensors, f"{who}: the module has no parameters, so there is nothing to learn.")
    require(
        all(torch.equal(t, u) for t, u in zip(tensors.values(), again.parameters(), strict=True)),
        f"{who}: after the same torch.manual_seed the parameters are others the second time.",
    )
    model = ModuleModel(module.double())
    points = _points(shape)
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


def _points(shape: Shape) -> Tensor:
    """Seven samples (7, inputs) of that kind."""
    count = 7 * shape.inputs
    if shape.kind == "tokens":
        rows = torch.arange(count, dtype=torch.float64) % shape.vocabulary
    else:
        rows = torch.linspace(-1, 1, count, dtype=torch.float64)
    return rows.reshape(7, shape.inputs)
