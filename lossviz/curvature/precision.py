"""A problem in another precision: the same model, data and criterion, cast."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem


def in_precision(problem: Problem, dtype: torch.dtype | None) -> Problem:
    """The problem with all its floating numbers in ``dtype``; itself where it is so already.

    Module, buffers, data, start, and the tensors of a criterion that is a module (say its class
    weights) are copied and cast. Numbers that are rounded already stay rounded: the curvature of a
    float32 problem is then that of exactly these weights and data, without rounding on the way.

    Args:
        problem: Any problem.
        dtype: Say ``torch.float64``; None leaves it as it is.
    """
    if dtype is None or problem.theta0.dtype == dtype:
        return problem
    data = problem.data
    cast = replace(
        data,
        inputs=_cast(data.inputs, dtype),
        targets=_cast(data.targets, dtype),
        test_inputs=_cast(data.test_inputs, dtype),
        test_targets=_cast(data.test_targets, dtype),
    )
    model: Any = problem.model
    if isinstance(model, ModuleModel):
        buffers = {name: _cast(value, dtype) for name, value in model.buffers.items()}
        known = None if model.known is None else _cast(model.known, dtype)
        model = ModuleModel(copy.deepcopy(model.module).to(dtype), model.statistics, known, buffers)
    criterion: Any = problem.criterion
    if isinstance(criterion, nn.Module):
        criterion = copy.deepcopy(criterion).to(dtype)
    params0 = {name: _cast(tensor, dtype) for name, tensor in problem.params0.items()}
    return replace(problem, model=model, criterion=criterion, data=cast, params0=params0)


def _cast(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor.detach().to(dtype) if tensor.is_floating_point() else tensor
