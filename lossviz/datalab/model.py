"""The small model of the data lab, on two inputs, as a `Problem` in float64.

The linear model is ``y = w1 x1 + w2 x2`` with the mean squared error, on two inputs (or one and a
constant, whose weight is the intercept). Its loss is a quadratic in two weights, so its picture is
exact, and its Hessian, 2/N X'X, is the same everywhere. The network has six tanh units.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.datalab.pairs import Pair
from lossviz.problem import Problem
from lossviz.problem.build import seeded
from lossviz.problem.data import Data
from lossviz.problem.model import ModuleModel
from lossviz.registry import Shape, losses

#: The hidden units of the network: its Hessian is small enough to be computed in full.
UNITS = 6


def problem_for(lab: DataLab, pair: Pair, inputs: tuple[str, str]) -> Problem:
    """The model of a lab on a pair of inputs, in float64.

    The linear model starts at zero weights, the network at those of its seed, the same on all data.
    """
    if lab.model == "linear":
        module: nn.Module = nn.Linear(2, 1, bias=False)
        nn.init.zeros_(module.weight)  # type: ignore[arg-type]
    else:
        with seeded(lab.seed):
            module = nn.Sequential(nn.Linear(2, UNITS), nn.Tanh(), nn.Linear(UNITS, 1))
    model = ModuleModel(module.double())
    known, wanted = pair.inputs, pair.targets
    if lab.model == "linear":
        known, wanted = condensed(known, wanted)
    rows = [torch.from_numpy(array) for array in (known, pair.test_inputs)]
    values = [torch.from_numpy(array)[:, None] for array in (wanted, pair.test_targets)]
    return Problem(
        model=model,
        criterion=losses["mse"].make(0),
        data=Data(rows[0], values[0], rows[1], values[1], Shape("regression", 2, 0)),
        params0=model.start(),
        batched=True,
        names=tuple(title_of(name) for name in inputs) if lab.model == "linear" else (),
    )


def condensed(inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Three rows whose mean squared error is that of N rows, at all weights of a linear model.

    With ``[X y] = Q R`` and ``Q'Q = I`` the sum of squares of ``X w - y`` is that of R's columns
    taken alike. So a step takes as long for fifty thousand rows as for three.

    >>> rows, values = condensed(np.array([[1.0, 0], [0, 1], [2, 2], [3, 1]]), np.arange(4.0))
    >>> rows.shape, round(float(((rows @ [1, 1] - values) ** 2).mean()), 9)
    ((3, 2), 1.5)
    """
    upper = np.linalg.qr(np.column_stack([inputs, targets]), mode="r")
    upper = upper * np.sqrt(len(upper) / len(inputs))
    return np.ascontiguousarray(upper[:, :2]), np.ascontiguousarray(upper[:, 2])


def title_of(name: str) -> str:
    """What the weight of an input is called."""
    return "intercept" if name == CONSTANT else f"weight of {name}"


def lowest_point(problem: Problem) -> Tensor:
    """The weights (2,) of the linear model's least loss, by least squares.

    Where the inputs are multiples of each other many weights are as good, and these are the
    shortest.
    """
    inputs, targets = problem.batch()
    found: Tensor = torch.linalg.lstsq(inputs, targets, driver="gelsd").solution[:, 0]
    return found


def score_of(problem: Problem, weights: Tensor, classes: bool) -> float:
    """How well weights (P,) do on the test rows: the accuracy, or the share R² of the variance.

    R² is 1 for a perfect prediction, 0 for one no better than the mean of the test targets, and
    below 0 for a worse one. NaN without test rows, or where these are all alike.
    """
    inputs, targets = problem.batch("test")
    if not len(targets):
        return np.nan
    found = problem.outputs(weights[None], inputs)[0]
    if classes:
        return float(((found > 0) == (targets > 0)).double().mean())
    spread = (targets - targets.mean()).square().sum()
    return float(1 - (found - targets).square().sum() / spread) if spread > 0 else np.nan
