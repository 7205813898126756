"""Optimizers that turn a tensor's gradient by matrices learned from the gradients so far."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.contrib.extra.package import constructed, offer, package
from lossviz.registry import OptimizerEntry, Param
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import Parameters, Params, betas, telling

MATRICES = "Its step turns the gradient by matrices, so no coordinate has a formula of its own."
TURNED = (
    "It divides by matrices that change with every gradient, and with them the curvature it feels."
)


@cache
def diverging(kind: Any) -> Any:
    """The optimizer whose step gives NaN, not an error, where a matrix is not finite.

    Divergence is a result: an elementwise optimizer passes an infinite gradient on to its weights
    in the same way, and the run is then told to have diverged.
    """

    class Diverging(kind):
        @torch.no_grad()
        def step(self, closure: Any = None) -> Any:
            try:
                return super().step(closure)
            except torch.linalg.LinAlgError:
                for group in self.param_groups:
                    for tensor in group["params"]:
                        tensor.fill_(torch.nan)

    return Diverging


def shampoo_options(params: Params) -> dict[str, Any]:
    """The parameters as `pytorch_optimizer.Shampoo` takes them."""
    options = dict(params)
    return {"preconditioning_compute_steps": options.pop("every"), **options}


@telling
def make_shampoo(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Shampoo`, without its momentum.

    The package's momentum mixes the turned step of the last time into the raw gradient of this
    time, and so into the matrices too, which is in no paper.
    """
    return diverging(package().Shampoo)(parameters, **shampoo_options(params))


def soap_options(params: Params) -> dict[str, Any]:
    """The parameters as `pytorch_optimizer.SOAP` takes them."""
    options = betas(params)
    return {"precondition_frequency": options.pop("every"), **options}


@telling
def make_soap(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.SOAP`; its bases are made orthogonal in single precision."""
    return diverging(package().SOAP)(parameters, **soap_options(params))


offer(
    OptimizerEntry(
        name="shampoo",
        title="Shampoo",
        about="Undoes the curvature across the rows and columns of each tensor; AdaGrad with "
        "whole matrices.",
        make=make_shampoo,
        code=constructed("Shampoo", shampoo_options, within=diverging),
        formula=r"L \leftarrow L + G G^\top, \quad R \leftarrow R + G^\top G, \quad "
        r"\theta \leftarrow \theta - \eta\, L^{-1/4}\, G\, R^{-1/4} \quad "
        r"(\text{for a vector } \theta \leftarrow \theta - \eta\, L^{-1/2} g)",
        cite="Gupta, Koren and Singer 2018",
        unworked=MATRICES,
        unlimited=TURNED,
        layout="tensors",
        params=(
            shared.lr(0.1),
            Param("matrix_eps", 1e-6, 1e-12, 1.0, "log", "What the matrices begin with."),
            Param(
                "every",
                1,
                1,
                100,
                help="Steps between two roots of the matrices; until the first, nothing moves.",
                title="steps between roots",
            ),
            shared.weight_decay(),
            Param(
                "weight_decouple",
                False,
                help="Weight decay shrinks the weights directly; else it is added to the gradient.",
                title="decoupled decay",
            ),
        ),
    )
)

offer(
    OptimizerEntry(
        name="soap",
        title="SOAP",
        about="Adam in the coordinates that Shampoo finds; the first step only looks.",
        make=make_soap,
        code=constructed("SOAP", soap_options, within=diverging),
        formula=r"L \leftarrow \beta_s L + (1 - \beta_s)\, G G^\top, \quad "
        r"R \leftarrow \beta_s R + (1 - \beta_s)\, G^\top G, \quad L = Q_L \Lambda Q_L^\top, "
        r"\quad R = Q_R \Lambda' Q_R^\top, \quad \theta \leftarrow \theta - \eta\, "
        r"Q_L\, \mathrm{Adam}(Q_L^\top G\, Q_R)\, Q_R^\top",
        cite="Vyas et al. 2024",
        unworked=MATRICES,
        unlimited=TURNED,
        layout="tensors",
        params=(
            shared.lr(0.01),
            shared.beta("beta1", 0.95, "the gradient"),
            shared.beta("beta2", 0.95, "its square in the turned coordinates"),
            shared.beta("shampoo_beta", 0.95, "the matrices"),
            shared.eps(1e-8),
            Param(
                "every", 10, 1, 100, help="Steps between two turns.", title="steps between turns"
            ),
            Param(
                "precondition_1d",
                True,
                help="Turn vectors too; else biases, and a point, are trained as by Adam.",
                title="turn vectors",
            ),
            Param("correct_bias", True, help="Correct the means at the beginning, as Adam does."),
            Param(
                "normalize_gradient",
                False,
                help="Rescale the step of each tensor to a mean square of 1.",
                title="normalise the step",
            ),
            shared.weight_decay(0.0, shared.DECOUPLED),
        ),
    )
)
