"""Gaussian likelihood with a variance of its own for each sample: how sure is the model?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Over, Param, Shape, Value, losses


def gaussian_nll(outputs: Tensor, targets: Tensor, floor: float = 1e-3) -> Tensor:
    r"""Mean negative log-likelihood of normal noise, without the constant $\frac12 \log 2\pi$.

    $$\frac1{2N} \sum_n \left(\log v_n + \frac{(f_{n1} - y_n)^2}{v_n}\right),\quad
      v_n = \varepsilon + \log(1 + e^{f_{n2}})$$

    Equal to `torch.nn.functional.gaussian_nll_loss` of that variance.

    Args:
        outputs: (..., N, 2): the mean, and a number whose soft plus is added to the variance.
        targets: Values (N, 1).
        floor: $\varepsilon$, the least variance, in squared units of the target. Without it, a
            model that meets one sample exactly has no least loss.

    Returns:
        The losses (...). How to read them: below 0 where the model is sure and right.
    """
    variance = floor - F.logsigmoid(-outputs[..., 1:])
    squared = (outputs[..., :1] - targets).square()
    return (variance.log() + squared / variance).mean((-2, -1)) / 2


def make_gaussian_nll(classes: int, floor: float) -> Criterion:
    """The criterion with this least variance."""
    return lambda outputs, targets: gaussian_nll(outputs, targets, floor)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.gaussian_nll_loss` with the variance."""
    floor = params["floor"]
    variance = f"{floor!r} - F.logsigmoid(-outputs[:, 1:])"
    # torch's own least variance is below any that can be set here.
    loss = f"F.gaussian_nll_loss(outputs[:, :1], targets, {variance}, eps=1e-9)"
    return Code(loss, values="outputs[:, :1]")


def mean(outputs: Tensor) -> Tensor:
    """The predicted values (..., N, 1): the first of the two outputs."""
    return outputs[..., :1]


def along(over: Over, u: Tensor) -> tuple[Tensor, Tensor]:
    """Means that are ``u`` above the target 0, with the variance 1 (and the least variance)."""
    unit = torch.full_like(u, math.log(math.expm1(1.0)))
    return torch.stack([u, unit], -1).unsqueeze(-2), u.new_zeros(1, 1)


losses.add(
    LossEntry(
        name="gaussian_nll",
        title="Gaussian",
        about="Predicts a value and its variance: the model says how sure it is.",
        make=make_gaussian_nll,
        code=code,
        formula=r"\frac1{2N} \sum_n \left(\log v_n + \frac{(f_{n1} - y_n)^2}{v_n}\right),\quad "
        r"v_n = \varepsilon + \log(1 + e^{f_{n2}})",
        gradient=r"\frac{\partial \ell}{\partial f_1} = \frac{r}{v},\quad "
        r"\frac{\partial \ell}{\partial v} = \frac{v - r^2}{2 v^2}",
        when="When the noise is not the same everywhere, and you want to know how large it is. "
        "Errors count in units of the predicted spread. Curves are drawn for a variance of 1.",
        over=("residual",),
        along=along,
        cite="Nix and Weigend, Estimating the Mean and Variance of the Target Probability "
        "Distribution, ICNN 1994",
        params=(
            Param(
                "floor",
                1e-3,
                1e-6,
                1.0,
                "log",
                title="least variance",
                help="Added to every predicted variance, so that none can vanish.",
            ),
        ),
        tasks=frozenset({"regression"}),
        outputs=lambda shape: 2,
        values=mean,
    )
)
