"""The quantile loss, also called pinball loss: too low and too high cost differently."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def quantile(outputs: Tensor, targets: Tensor, tau: float = 0.9) -> Tensor:
    r"""Mean quantile loss.

    $$\frac1N \sum_n \max\left(\tau\,(y_n - f_n),\, (\tau - 1)(y_n - f_n)\right)$$

    Args:
        outputs: Values (..., N, 1).
        targets: Values (N, 1).
        tau: $\tau$, the share of targets that should lie below the prediction.

    Returns:
        The losses (...). How to read them: with $\tau = 1/2$ half the mean absolute error.
    """
    error = targets - outputs
    return torch.maximum(tau * error, (tau - 1) * error).mean((-2, -1))


def make_quantile(classes: int, tau: float) -> Criterion:
    """The criterion of one quantile."""
    return lambda outputs, targets: quantile(outputs, targets, tau)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """The formula."""
    tau = params["tau"]
    error = "(targets - outputs)"
    return Code(f"torch.maximum({tau!r} * {error}, ({tau!r} - 1) * {error}).mean()")


losses.add(
    LossEntry(
        name="quantile",
        title="Quantile",
        about="Too low and too high cost differently, so that a quantile is predicted.",
        make=make_quantile,
        code=code,
        formula=r"\frac1N \sum_n \max\left(\tau (y_n - f_n),\, (\tau - 1)(y_n - f_n)\right)",
        gradient=r"\frac{\partial \ell}{\partial f} = [f > y] - \tau",
        when="When too little costs more than too much, as with stocks and deadlines: tau 0.9 "
        "predicts what is exceeded once in ten times. Two of them give an interval.",
        over=("residual",),
        cite="Koenker and Bassett, Regression Quantiles, Econometrica 46 (1978)",
        params=(Param("tau", 0.9, 0.01, 0.99, help="The share of targets that should lie below."),),
        tasks=frozenset({"regression"}),
        outputs=lambda shape: 1,
    )
)
