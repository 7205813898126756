"""Gradient descent, with momentum if wanted, and its averaged form."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.registry import OptimizerEntry, Param, SettingError, optimizers
from lossviz.run.optimizers import limits, shared
from lossviz.run.optimizers.shared import PLAIN, Parameters, telling
from lossviz.run.optimizers.worked_sgd import worked_asgd, worked_sgd


@telling
def make_sgd(
    parameters: Parameters,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> Optimizer:
    """`torch.optim.SGD`."""
    if nesterov and (momentum <= 0 or dampening != 0):
        raise SettingError(
            f"Nesterov's look ahead needs a momentum above 0 and no dampening, but momentum is "
            f"{momentum:g} and dampening {dampening:g}; change these or switch nesterov off."
        )
    return torch.optim.SGD(
        parameters,
        lr=lr,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        **PLAIN,
    )


@telling
def make_asgd(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.ASGD`."""
    return torch.optim.ASGD(parameters, **params, **PLAIN)


optimizers.add(
    OptimizerEntry(
        name="sgd",
        title="SGD",
        about="Gradient descent: step against the gradient, with momentum if wanted.",
        make=make_sgd,
        code=shared.constructed(torch.optim.SGD),
        formula=r"v \leftarrow \mu v + (1 - \tau)\, g, \quad \theta \leftarrow \theta - \eta\, v",
        cite="Cauchy 1847; Polyak 1964; Nesterov 1983; Sutskever et al. 2013",
        worked=worked_sgd,
        stability=limits.sgd,
        params=(
            shared.lr(0.1),
            Param("momentum", 0.0, 0.0, 1.0, "linear", "How much of the last step is kept."),
            Param("dampening", 0.0, 0.0, 1.0, "linear", "Share of the new gradient left out."),
            shared.weight_decay(),
            Param("nesterov", False, help="Look ahead along the momentum (needs momentum)."),
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="asgd",
        title="ASGD",
        about="Gradient descent with a slowly falling step; the mean of its path is kept beside.",
        make=make_asgd,
        code=shared.constructed(torch.optim.ASGD),
        formula=r"\theta \leftarrow (1 - \lambda \eta_t)\,\theta - \eta_t\, g, \quad "
        r"\eta_t = \eta\,(1 + \lambda \eta t)^{-\alpha}",
        cite="Polyak and Juditsky 1992",
        worked=worked_asgd,
        stability=limits.asgd,
        params=(
            shared.lr(0.1),
            Param("lambd", 1e-4, 1e-8, 1.0, "log", "How fast the step falls.", off=0.0),
            Param("alpha", 0.75, 0.0, 2.0, "linear", "Power with which the step falls."),
            Param("t0", 1e6, 1.0, 1e8, "log", "Step at which averaging begins.", title="t0"),
            shared.weight_decay(),
        ),
    )
)
