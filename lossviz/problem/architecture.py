"""The layers of a model as rows of a table."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem


@dataclass(frozen=True)
class LayerRow:
    """One layer of a model.

    Args:
        layer: What it is, say "Conv2d", and its name inside the model in brackets.
        output: The shape of what it gives for one sample; empty where it gives no tensor.
        parameters: How many numbers it learns; 0 where they were counted in a row above.
    """

    layer: str
    output: tuple[int, ...]
    parameters: int


def architecture(problem: Problem) -> list[LayerRow]:
    """The layers in the order in which a sample passes them; their parameters add up to P.

    Modules that only hold others, and do not learn themselves, have no row; nor have those that
    hand on what comes: an `nn.Identity`, and dropout that drops nothing.

    Raises:
        TypeError: When the model is no module.
        ValueError: When there is no sample to send through it.

    >>> data = torch.zeros(4, 2), torch.zeros(4, 1)
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> for row in architecture(Problem.from_module(net, nn.MSELoss(), data)):
    ...     print(row.layer, row.output, row.parameters)
    Linear (0) (3,) 9
    Tanh (1) (3,) 0
    Linear (2) (1,) 4
    """
    if not isinstance(problem.model, ModuleModel):
        raise TypeError("The parameters of this problem are the point itself; it has no layers.")
    inputs = problem.batch()[0]
    if not len(inputs):
        raise ValueError("This problem has no samples, so no shapes can be told.")
    module = copy.deepcopy(problem.model.module)
    rows: list[LayerRow] = []
    counted: set[nn.Parameter] = set()

    def row_of(name: str, layer: nn.Module) -> Any:
        def note(_: nn.Module, __: Any, output: Any) -> None:
            rows.append(_row(name, layer, output, counted))

        return note

    for name, layer in module.named_modules():
        learns = next(layer.parameters(recurse=False), None) is not None
        single = next(layer.children(), None) is None
        if learns or (single and not _hands_on(layer)):
            layer.register_forward_hook(row_of(name, layer))
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        module(inputs[:1])
    rest = _fresh(module.parameters(), counted)
    if rest:
        rows.append(LayerRow("used directly", (), rest))
    return rows


def _hands_on(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Identity) or (isinstance(layer, nn.Dropout) and layer.p == 0)


def _row(name: str, layer: nn.Module, output: Any, counted: set[nn.Parameter]) -> LayerRow:
    kind = type(layer).__name__
    shape = tuple(output.shape[1:]) if isinstance(output, Tensor) else ()
    label = f"{kind} ({name})" if name else kind
    return LayerRow(label, shape, _fresh(layer.parameters(recurse=False), counted))


def _fresh(parameters: Iterable[nn.Parameter], counted: set[nn.Parameter]) -> int:
    """The numbers in those parameters that were not counted before; they are now."""
    new = [p for p in parameters if p not in counted]
    counted.update(new)
    return sum(p.numel() for p in new)
