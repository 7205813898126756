"""The contract that every catalogue entry keeps, as checks for authors of additions.

    from lossviz import testing
    from lossviz.registry import losses

    def test_my_loss():
        testing.check_loss(losses["my_loss"])

A check passes in silence, or raises `AssertionError` with a sentence that says what is expected.
The built-in entries pass the same checks.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from lossviz.problem.data import Table
from lossviz.problem.model import ModuleModel
from lossviz.registry import (
    DatasetEntry,
    Entry,
    InitialiserEntry,
    LossEntry,
    ModelEntry,
    OptimizerEntry,
    Param,
    SettingError,
    Shape,
    Task,
    Value,
)

__all__ = [
    "check",
    "check_dataset",
    "check_entry",
    "check_initialiser",
    "check_loss",
    "check_model",
    "check_optimizer",
    "corners",
]


def check(entry: Entry) -> None:
    """Check an entry of any catalogue by the checks of its kind.

    Raises:
        AssertionError: When it breaks the contract.
        TypeError: When it is of no kind that has a contract here.
    """
    for kind, check_kind in _KINDS.items():
        if isinstance(entry, kind):
            return check_kind(entry)
    raise TypeError(f"Got a {type(entry).__name__}, expected one of the entries of the registry.")


def corners(entry: Entry) -> Iterator[dict[str, Value]]:
    """The parameters at their defaults, then each one alone at its ends or other choices."""
    yield entry.defaults()
    for param in entry.params:
        for value in _ends(param):
            if value != param.default:
                yield {**entry.defaults(), param.name: value}


def _ends(param: Param) -> list[Value]:
    if param.kind == "switch":
        return [True, False]
    if param.kind == "choice":
        return list(param.choices)
    off = [] if param.off is None else [param.off]
    return [param.check(value) for value in (param.low, param.high, *off)]


def _require(condition: object, message: str) -> None:
    # Not the statement, which `python -O` leaves out.
    if not condition:
        raise AssertionError(message)


# --- any entry -----------------------------------------------------------------------------------


def check_entry(entry: Entry) -> None:
    """Check what all entries have in common: the words, the parameters and their round trips."""
    who = repr(entry.name)
    _require(
        re.fullmatch(r"[a-z][a-z0-9_]*", entry.name),
        f"{who}: a name is written in small letters, digits and underscores, for it stands in "
        "links and in code.",
    )
    _require(entry.title.strip(), f"{who}: the title is empty; it is what a person reads in lists.")
    _require(
        entry.about.strip() and "\n" not in entry.about,
        f"{who}: about is one line that says what it is, not {entry.about!r}.",
    )
    _require("$" not in entry.formula, f"{who}: the formula is LaTeX without dollar signs.")
    names = [param.name for param in entry.params]
    _require(len(set(names)) == len(names), f"{who}: two parameters share a name: {names}.")
    accepted = inspect.signature(entry.make).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in accepted.values()):
        missing = [name for name in names if name not in accepted]
        _require(not missing, f"{who}: make does not take the parameters {missing}.")
    for param in entry.params:
        _check_param(who, param)


def _check_param(who: str, param: Param) -> None:
    _require(param.help.strip(), f"{who}: the parameter {param.name} has no help.")
    for choice in param.choices:
        _require(
            re.fullmatch(r"[A-Za-z0-9_.+-]+", choice),
            f"{who}: the choice {choice!r} of {param.name} cannot stand in a link; use letters, "
            "digits and underscores.",
        )
    for value in [*_ends(param), param.default]:
        _require(
            param.parse(param.write(value)) == value,
            f"{who}: {param.name} = {value!r} does not come back from a link.",
        )


@contextmanager
def _random_state_stays(who: str) -> Iterator[None]:
    """Fails when the block draws from a global random generator."""
    before = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    yield
    after = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    _require(
        torch.equal(before[0], after[0]) and before[1] == after[1],
        f"{who} draws from a global random generator; draw from the one that it is given.",
    )


# --- data sets -----------------------------------------------------------------------------------


def check_dataset(entry: DatasetEntry) -> None:
    """Check a data set: its table fits its shape, is finite, and is the same with the same seed."""
    check_entry(entry)
    for params in corners(entry):
        who = f"{entry.name}({params})"
        with _random_state_stays(who):
            first: Table = entry.make(np.random.default_rng(0), **params)
            again: Table = entry.make(np.random.default_rng(0), **params)
        _require(isinstance(first, Table), f"{who}: make gives a Table, not {type(first)}.")
        _require(
            np.array_equal(first.inputs, again.inputs)
            and np.array_equal(first.targets, again.targets),
            f"{who}: the same seed gives other samples the second time.",
        )
        _check_table(who, first, entry.shape(params))


def _check_table(who: str, table: Table, shape: Shape) -> None:
    inputs, targets = table.inputs, table.targets
    _require(
        inputs.dtype == np.float64 and inputs.ndim == 2 and np.isfinite(inputs).all(),
        f"{who}: inputs are a finite (N, D) array of float64, not {inputs.dtype} {inputs.shape}.",
    )
    _require(
        inputs.shape[1] == shape.inputs == len(table.feature_names),
        f"{who}: there are {inputs.shape[1]} inputs, {len(table.feature_names)} feature names, and "
        f"the shape says {shape.inputs}.",
    )
    _require(
        targets.shape == inputs.shape[:1],
        f"{who}: targets have the shape {targets.shape}, expected {inputs.shape[:1]}.",
    )
    _require(
        len(table.class_names) == shape.classes,
        f"{who}: there are {len(table.class_names)} class names, the shape says {shape.classes}.",
    )
    if shape.task == "classification":
        _require(
            targets.dtype == np.int64
            and np.array_equal(np.unique(targets), np.arange(shape.classes)),
            f"{who}: the targets of a classification are int64 class numbers from 0 to "
            f"{shape.classes - 1}, and each occurs; got {targets.dtype} {np.unique(targets)}.",
        )
    else:
        _require(
            targets.dtype == np.float64 and np.isfinite(targets).all() and shape.classes == 0,
            f"{who}: the targets of a regression are finite float64, and its shape has 0 classes.",
        )


# --- models --------------------------------------------------------------------------------------

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
        _require(
            isinstance(reason, str), f"{entry.name}: refuses gives a sentence or '', not {reason}."
        )
        if reason:
            continue
        accepted += 1
        for params in corners(entry):
            _check_module(f"{entry.name}({params})", entry, inputs, outputs, params)
    _require(accepted, f"{entry.name}: refuses every data set that was tried.")


def _check_module(
    who: str, entry: ModelEntry, inputs: int, outputs: int, params: Mapping[str, Value]
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = entry.make(inputs, outputs, **params)
        torch.manual_seed(0)
        again = entry.make(inputs, outputs, **params)
    _require(isinstance(module, nn.Module), f"{who}: make gives a torch.nn.Module.")
    tensors = dict(module.named_parameters())
    _require(tensors, f"{who}: the module has no parameters, so there is nothing to learn.")
    _require(
        all(torch.equal(t, u) for t, u in zip(tensors.values(), again.parameters(), strict=True)),
        f"{who}: after the same torch.manual_seed the parameters are others the second time.",
    )
    model = ModuleModel(module.double())
    points = torch.linspace(-1, 1, 7 * inputs, dtype=torch.float64).reshape(7, inputs)
    start = model.start()
    with _random_state_stays(who):
        found = model.forward(start, points)
    _require(
        found.shape == (7, outputs) and bool(found.isfinite().all()),
        f"{who}: 7 samples give finite outputs (7, {outputs}), not {tuple(found.shape)}.",
    )
    _require(
        torch.allclose(model.forward(start, points[:3]), found[:3]),
        f"{who}: the outputs of a sample depend on the other samples of the batch.",
    )
    theta = model.space.flatten(start) * torch.tensor([[1.0], [0.5]], dtype=torch.float64)
    one_by_one = torch.stack([model.forward(model.space.unflatten(t), points) for t in theta])
    _require(
        torch.allclose(model.stacked(theta, points), one_by_one),
        f"{who}: many models at once give other outputs than one by one.",
    )
    theta = theta.requires_grad_()
    (gradient,) = torch.autograd.grad(model.stacked(theta, points).square().sum(), theta)
    _require(gradient.isfinite().all(), f"{who}: the gradient is not finite.")


# --- losses --------------------------------------------------------------------------------------

_SHAPES: dict[Task, tuple[Shape, ...]] = {
    "regression": (Shape("regression", 2, 0),),
    "classification": (Shape("classification", 2, 2), Shape("classification", 2, 4)),
}


def check_loss(entry: LossEntry) -> None:
    """Check a loss: a mean over samples, many models at once, derivatives and probabilities."""
    check_entry(entry)
    _require(entry.tasks, f"{entry.name}: tasks is empty.")
    for task in sorted(entry.tasks):
        for shape in _SHAPES[task]:
            for params in corners(entry):
                who = f"{entry.name}({params}) with {shape.classes or 'no'} classes"
                criterion = entry.make(shape.classes, **params)
                outputs, targets = _example(entry, shape)
                _check_values(who, criterion, outputs, targets)
                _check_derivatives(who, criterion, outputs[0], targets)
            if task == "classification":
                _check_probabilities(entry, shape)


def _example(entry: LossEntry, shape: Shape) -> tuple[Tensor, Tensor]:
    """Outputs (6, 7, C) and targets for 7 samples, away from the corners of the usual losses."""
    generator = torch.Generator().manual_seed(1)
    columns = entry.outputs(shape)
    _require(
        isinstance(columns, int) and columns > 0,
        f"{entry.name}: outputs gives the number of outputs, not {columns!r}.",
    )
    outputs = 2 * torch.randn(6, 7, columns, generator=generator, dtype=torch.float64)
    if shape.task == "regression":
        return outputs, torch.randn(7, 1, generator=generator, dtype=torch.float64)
    return outputs, torch.arange(7) % shape.classes


Criterion = Callable[[Tensor, Tensor], Tensor]


def _check_values(who: str, criterion: Criterion, outputs: Tensor, targets: Tensor) -> None:
    before = outputs.clone(), targets.clone()
    with _random_state_stays(who):
        found = criterion(outputs, targets)
    _require(
        torch.equal(outputs, before[0]) and torch.equal(targets, before[1]),
        f"{who}: the criterion changes its arguments.",
    )
    _require(
        found.shape == (6,) and found.dtype == outputs.dtype,
        f"{who}: outputs (6, 7, C) of float64 give 6 losses of float64, not {found.dtype} "
        f"{tuple(found.shape)}; take the mean over the last dimensions alone.",
    )
    _require(found.isfinite().all(), f"{who}: the losses {found.tolist()} are not all finite.")
    one_by_one = torch.stack([criterion(row, targets) for row in outputs])
    _require(
        torch.allclose(found, one_by_one),
        f"{who}: many models at once give {found.tolist()}, one by one {one_by_one.tolist()}.",
    )
    _require(
        torch.allclose(found, vmap(criterion, (0, None))(outputs, targets)),
        f"{who}: torch.func.vmap gives other losses.",
    )
    _require(
        torch.allclose(found.reshape(2, 3), criterion(outputs.unflatten(0, (2, 3)), targets)),
        f"{who}: outputs with two leading dimensions give other losses.",
    )
    twice = criterion(torch.cat([outputs, outputs], -2), torch.cat([targets, targets]))
    _require(
        torch.allclose(found, twice),
        f"{who}: every sample twice gives other losses; take the mean over samples, not the sum.",
    )
    _require(
        torch.allclose(found, criterion(outputs.flip(-2), targets.flip(0))),
        f"{who}: the order of the samples changes the losses.",
    )


def _check_derivatives(who: str, criterion: Criterion, outputs: Tensor, targets: Tensor) -> None:
    point = outputs.clone().requires_grad_()
    try:
        torch.autograd.gradcheck(lambda x: criterion(x, targets), point)
    except RuntimeError as error:
        raise AssertionError(f"{who}: the gradient is not the loss's slope: {error}") from error
    second = jacrev(jacrev(lambda x: criterion(x, targets)))(outputs)
    _require(second.isfinite().all(), f"{who}: second derivatives are not finite.")
    far = (1000 * outputs).float().requires_grad_()
    (gradient,) = torch.autograd.grad(criterion(far, targets.to(_single(targets))), far)
    _require(
        gradient.isfinite().all(),
        f"{who}: outputs in the thousands give a gradient that is not finite in float32.",
    )


def _single(targets: Tensor) -> torch.dtype:
    return torch.float32 if targets.is_floating_point() else targets.dtype


def _check_probabilities(entry: LossEntry, shape: Shape) -> None:
    who = f"{entry.name} with {shape.classes} classes"
    _require(
        entry.probabilities is not None,
        f"{who}: a loss for classification says how outputs become probabilities.",
    )
    assert entry.probabilities is not None
    outputs, _ = _example(entry, shape)
    found = entry.probabilities(outputs)
    _require(
        found.shape == (6, 7, shape.classes),
        f"{who}: probabilities of outputs {tuple(outputs.shape)} have the shape (6, 7, "
        f"{shape.classes}), not {tuple(found.shape)}.",
    )
    _require(
        (found >= 0).all() and torch.allclose(found.sum(-1), torch.ones(6, 7).to(found)),
        f"{who}: probabilities are at least 0 and sum to 1 over the classes.",
    )
    criterion = entry.make(shape.classes, **entry.defaults())
    samples = outputs.reshape(42, 1, -1)
    each = [criterion(samples, torch.tensor([c])) for c in range(shape.classes)]
    costs = torch.stack(each, -1)
    paid = costs.gather(-1, found.reshape(42, -1).argmax(-1, keepdim=True)).squeeze(-1)
    # Several may cost the same: far out the absolute error does not tell them apart.
    _require(
        torch.allclose(paid, costs.amin(-1)),
        f"{who}: the most probable class is not one that costs least.",
    )


# --- initialisers --------------------------------------------------------------------------------


def check_initialiser(entry: InitialiserEntry) -> None:
    """Check an initialiser: finite, in place, and drawn from the given generator alone."""
    check_entry(entry)
    shapes: list[tuple[int, ...]] = [(5, 3), (4, 4), (2, 7)]
    if entry.for_bias:
        shapes.append((6,))
    for params in corners(entry):
        for shape in shapes:
            who = f"{entry.name}({params}) on {shape}"
            first, again = torch.ones(shape), torch.ones(shape)
            with torch.no_grad(), _random_state_stays(who):
                entry.make(first, torch.Generator().manual_seed(0), **params)
                entry.make(again, torch.Generator().manual_seed(0), **params)
            _require(
                first.shape == shape and bool(first.isfinite().all()),
                f"{who}: the tensor keeps its shape and is finite.",
            )
            _require(torch.equal(first, again), f"{who}: the same seed gives other numbers again.")


# --- optimizers ----------------------------------------------------------------------------------


def check_optimizer(entry: OptimizerEntry) -> None:
    """Check an optimizer: it lowers a bowl, repeats itself, and trains one vector if it says so."""
    check_entry(entry)
    defaults = entry.defaults()
    losses, end = _descend(entry, defaults, 200)
    _require(
        losses[-1] < losses[0],
        f"{entry.name}: 200 steps at the defaults take a bowl from {losses[0]:g} to "
        f"{losses[-1]:g}; it should go down.",
    )
    with _random_state_stays(entry.name):
        _, again = _descend(entry, defaults, 200)
    _require(torch.equal(end, again), f"{entry.name}: the same run gives other numbers again.")
    if entry.layout == "flat":
        _, flat = _descend(entry, defaults, 200, flat=True)
        _require(
            torch.allclose(end, flat),
            f"{entry.name}: all tensors as one vector end elsewhere; say layout='tensors'.",
        )
    for params in corners(entry):
        try:
            _descend(entry, params, 3)
        except SettingError as error:
            _require(str(error), f"{entry.name}({params}): the SettingError has no message.")


def _descend(
    entry: OptimizerEntry, params: Mapping[str, Value], steps: int, flat: bool = False
) -> tuple[list[float], Tensor]:
    """Losses before each step and at the end on a bowl in 10 dimensions, and the end point."""
    start = torch.linspace(-1, 2, 10, dtype=torch.float64)
    parts = [start] if flat else [start[:6].reshape(2, 3), start[6:]]
    leaves = [nn.Parameter(part.clone()) for part in parts]
    optimizer: Any = entry.make(leaves, **params)
    curvature = torch.linspace(1, 5, 10, dtype=torch.float64)

    def loss() -> Tensor:
        point = torch.cat([leaf.reshape(-1) for leaf in leaves])
        return (curvature * point.square()).sum() / 2

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    losses = []
    for _ in range(steps):
        losses.append(loss().item())
        optimizer.step(closure)
    losses.append(loss().item())
    return losses, torch.cat([leaf.detach().reshape(-1) for leaf in leaves])


_KINDS: dict[type[Entry], Callable[[Any], None]] = {
    DatasetEntry: check_dataset,
    ModelEntry: check_model,
    LossEntry: check_loss,
    InitialiserEntry: check_initialiser,
    OptimizerEntry: check_optimizer,
}
