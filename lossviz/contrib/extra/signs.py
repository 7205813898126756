"""Optimizers that look only at the sign, so that every step has the same length."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from lossviz.contrib.extra import worked_signs
from lossviz.contrib.extra.package import DECOUPLE, constructed, offer, package
from lossviz.registry import OptimizerEntry, Param
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import PLAIN, Parameters, betas, telling

SAME_LENGTH = (
    "Every step has the length of the learning rate in each coordinate, whatever the curvature: it "
    "ends by going to and fro."
)


@telling
def make_lion(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Lion`."""
    return package().Lion(parameters, **betas(params), **PLAIN)


@telling
def make_sign_sgd(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.SignSGD`."""
    return package().SignSGD(parameters, **params, **PLAIN)


offer(
    OptimizerEntry(
        name="lion",
        title="Lion",
        about="Steps by the sign of a mix of gradient and momentum: each coordinate moves by lr.",
        make=make_lion,
        code=constructed("Lion", betas),
        formula=r"\theta \leftarrow \theta - \eta\, \mathrm{sign}(\beta_1 m + (1 - \beta_1)\, g), "
        r"\quad m \leftarrow \beta_2 m + (1 - \beta_2)\, g",
        cite="Chen et al. 2023, Symbolic Discovery of Optimization Algorithms",
        worked=worked_signs.worked_lion,
        unlimited=SAME_LENGTH,
        params=(
            shared.lr(0.01),
            Param("beta1", 0.9, 0.0, 0.99999, help="Share of the momentum in the sign."),
            shared.beta("beta2", 0.99, "the gradient"),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)

offer(
    OptimizerEntry(
        name="sign_sgd",
        title="SignSGD",
        about="Steps by the gradient's sign, or by its momentum's (Signum), and by nothing else.",
        make=make_sign_sgd,
        code=constructed("SignSGD"),
        formula=r"m \leftarrow \mu m + (1 - \mu)\, g, \quad "
        r"\theta \leftarrow \theta - \eta\, \mathrm{sign}(m)",
        cite="Bernstein et al. 2018",
        worked=worked_signs.worked_sign_sgd,
        unlimited=SAME_LENGTH,
        params=(
            shared.lr(0.01),
            Param("momentum", 0.0, 0.0, 0.99999, help="Memory of the gradient; 0 for none."),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)
