"""The contract of a loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from lossviz.problem.problem import Criterion
from lossviz.registry import LossEntry, Shape, Task
from lossviz.testing.common import check_entry, corners, random_state_stays, require

_SHAPES: dict[Task, tuple[Shape, ...]] = {
    "regression": (Shape("regression", 2, 0),),
    "classification": (Shape("classification", 2, 2), Shape("classification", 2, 4)),
}


def check_loss(entry: LossEntry) -> None:
    """Check a loss: a mean over samples, many models at once, derivatives and probabilities."""
    check_entry(entry)
    require(entry.tasks, f"{entry.name}: tasks is empty.")
    require("$" not in entry.gradient, f"{entry.name}: the gradient is LaTeX without dollar signs.")
    for task in sorted(entry.tasks):
        for shape in _SHAPES[task]:
            for params in corners(entry):
                who = f"{entry.name}({params}) with {shape.classes or 'no'} classes"
                criterion = entry.make(shape.classes, **params)
                outputs, targets = _example(entry, shape)
                _check_values(who, criterion, outputs, targets)
                _check_derivatives(who, criterion, outputs[0], targets)
                if not entry.whole:
                    _check_mean(who, criterion, outputs, targets)
            if task == "classification":
                _check_probabilities(entry, shape)


def _example(entry: LossEntry, shape: Shape) -> tuple[Tensor, Tensor]:
    """Outputs (6, 7, C) and targets for 7 samples, away from the corners of the usual losses."""
    generator = torch.Generator().manual_seed(1)
    columns = entry.outputs(shape)
    require(
        isinstance(columns, int) and columns > 0,
        f"{entry.name}: outputs gives the number of outputs, not {columns!r}.",
    )
    outputs = 2 * torch.randn(6, 7, columns, generator=generator, dtype=torch.float64)
    if shape.task == "regression":
        return outputs, torch.randn(7, 1, generator=generator, dtype=torch.float64)
    return outputs, torch.arange(7) % shape.classes


def _check_values(who: str, criterion: Criterion, outputs: Tensor, targets: Tensor) -> None:
    before = outputs.clone(), targets.clone()
    with random_state_stays(who):
        found = criterion(outputs, targets)
    require(
        torch.equal(outputs, before[0]) and torch.equal(targets, before[1]),
        f"{who}: the criterion changes its arguments.",
    )
    require(
        found.shape == (6,) and found.dtype == outputs.dtype,
        f"{who}: outputs (6, 7, C) of float64 give 6 losses of float64, not {found.dtype} "
        f"{tuple(found.shape)}; take the mean over the last dimensions alone.",
    )
    require(found.isfinite().all(), f"{who}: the losses {found.tolist()} are not all finite.")
    one_by_one = torch.stack([criterion(row, targets) for row in outputs])
    require(
        torch.allclose(found, one_by_one),
        f"{who}: many models at once give {found.tolist()}, one by one {one_by_one.tolist()}.",
    )
    require(
        torch.allclose(found, vmap(criterion, (0, None))(outputs, targets)),
        f"{who}: torch.func.vmap gives other losses.",
    )
    require(
        torch.allclose(found.reshape(2, 3), criterion(outputs.unflatten(0, (2, 3)), targets)),
        f"{who}: outputs with two leading dimensions give other losses.",
    )
    twice = criterion(torch.cat([outputs, outputs], -2), torch.cat([targets, targets]))
    require(
        torch.allclose(found, twice),
        f"{who}: every sample twice gives other losses; take the mean over samples, not the sum.",
    )
    require(
        torch.allclose(found, criterion(outputs.flip(-2), targets.flip(0))),
        f"{who}: the order of the samples changes the losses.",
    )


def _check_mean(who: str, criterion: Criterion, outputs: Tensor, targets: Tensor) -> None:
    found = criterion(outputs, targets)
    each = [criterion(outputs[:, n : n + 1], targets[n : n + 1]) for n in range(len(targets))]
    require(
        torch.allclose(found, torch.stack(each).mean(0)),
        f"{who}: the loss is not the mean of the samples' own losses; an entry that looks at a "
        "batch as a whole says so with whole=True.",
    )


def _check_derivatives(who: str, criterion: Criterion, outputs: Tensor, targets: Tensor) -> None:
    point = outputs.clone().requires_grad_()
    try:
        torch.autograd.gradcheck(lambda x: criterion(x, targets), point)
    except RuntimeError as error:
        raise AssertionError(f"{who}: the gradient is not the loss's slope: {error}") from error
    second = jacrev(jacrev(lambda x: criterion(x, targets)))(outputs)
    require(second.isfinite().all(), f"{who}: second derivatives are not finite.")
    far = (1000 * outputs).float().requires_grad_()
    (gradient,) = torch.autograd.grad(criterion(far, targets.to(_single(targets))), far)
    require(
        gradient.isfinite().all(),
        f"{who}: outputs in the thousands give a gradient that is not finite in float32.",
    )


def _single(targets: Tensor) -> torch.dtype:
    return torch.float32 if targets.is_floating_point() else targets.dtype


def _check_probabilities(entry: LossEntry, shape: Shape) -> None:
    who = f"{entry.name} with {shape.classes} classes"
    require(
        entry.probabilities is not None,
        f"{who}: a loss for classification says how outputs become probabilities.",
    )
    assert entry.probabilities is not None
    outputs, _ = _example(entry, shape)
    found = entry.probabilities(outputs)
    require(
        found.shape == (6, 7, shape.classes),
        f"{who}: probabilities of outputs {tuple(outputs.shape)} have the shape (6, 7, "
        f"{shape.classes}), not {tuple(found.shape)}.",
    )
    require(
        (found >= 0).all() and torch.allclose(found.sum(-1), torch.ones(6, 7).to(found)),
        f"{who}: probabilities are at least 0 and sum to 1 over the classes.",
    )
    if entry.whole:
        return  # a sample alone says nothing of what costs least
    criterion = entry.make(shape.classes, **entry.defaults())
    samples = outputs.reshape(42, 1, -1)
    each = [criterion(samples, torch.tensor([c])) for c in range(shape.classes)]
    costs = torch.stack(each, -1)
    paid = costs.gather(-1, found.reshape(42, -1).argmax(-1, keepdim=True)).squeeze(-1)
    # Several may cost the same: far out the absolute error does not tell them apart.
    require(
        torch.allclose(paid, costs.amin(-1)),
        f"{who}: the most probable class is not one that costs least.",
    )
