"""An addition, as an example: the logarithm of the hyperbolic cosine as a loss.

Everything that an addition needs is in this one file; copy it and change it.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.problem import Criterion
from lossviz.registry import LossEntry, Param, losses


def make_log_cosh(classes: int, scale: float) -> Criterion:
    """The criterion whose bend from squared to absolute lies around ``scale``."""

    def log_cosh(outputs: Tensor, targets: Tensor) -> Tensor:
        error = (outputs - targets) / scale
        # log cosh e = e + log(1 + exp(-2 e)) - log 2, which does not overflow.
        each = error + F.softplus(-2 * error) - math.log(2)
        return scale**2 * each.mean((-2, -1))

    return log_cosh


losses.add(
    LossEntry(
        name="log_cosh",
        title="Log-cosh",
        about="Like the squared error for small errors, like the absolute one for large ones.",
        make=make_log_cosh,
        formula=r"\frac{s^2}{N} \sum_n \log \cosh \frac{f_n - y_n}{s}",
        params=(
            Param(
                "scale", 1.0, 0.05, 10.0, "log", help="The error at which it turns towards linear."
            ),
        ),
        tasks=frozenset({"regression"}),
        outputs=lambda shape: 1,
    )
)
