"""An addition, as an example: the logarithm of the hyperbolic cosine as a loss.

Everything that an addition needs is in this one file; copy it and change it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def log_cosh(error: Tensor) -> Tensor:
    """The logarithm of the hyperbolic cosine, each."""
    # log cosh e = e + log(1 + exp(-2 e)) - log 2, which does not overflow.
    return error + F.softplus(-2 * error) - math.log(2)


def make_log_cosh(classes: int, scale: float) -> Criterion:
    """The criterion whose bend from squared to absolute lies around ``scale``."""

    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        return scale**2 * log_cosh((outputs - targets) / scale).mean((-2, -1))

    return criterion


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of the formula, which stands above it in an exported script."""
    scale = params["scale"]
    text = f"{scale!r} ** 2 * log_cosh((outputs - targets) / {scale!r}).mean()"
    return Code(text, sources=(log_cosh,))


losses.add(
    LossEntry(
        name="log_cosh",
        title="Log-cosh",
        about="Like the squared error for small errors, like the absolute one for large ones.",
        make=make_log_cosh,
        code=code,
        formula=r"\frac{s^2}{N} \sum_n \log \cosh \frac{f_n - y_n}{s}",
        gradient=r"\frac{\partial \ell}{\partial f} = s \tanh \frac{f - y}{s}",
        when="Where Huber would do, with no corner anywhere: its slope is a smooth tanh.",
        over=("residual",),
        cite="Green, Bayesian Reconstructions from Emission Tomography Data, IEEE Trans. Medical "
        "Imaging 9 (1990)",
        params=(
            Param(
                "scale", 1.0, 0.05, 10.0, "log", help="The error at which it turns towards linear."
            ),
        ),
        tasks=frozenset({"regression"}),
        outputs=lambda shape: 1,
    )
)
