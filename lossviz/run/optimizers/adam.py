"""Adam and its relatives: running means of the gradient and of its square."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.registry import OptimizerEntry, Param, optimizers
from lossviz.run.optimizers import limits, shared
from lossviz.run.optimizers.shared import BETAS, DECOUPLED, PLAIN, Parameters, telling
from lossviz.run.optimizers.worked_adam import (
    worked_adam,
    worked_adamax,
    worked_adamw,
    worked_nadam,
    worked_radam,
)

AMSGRAD = Param(
    "amsgrad", False, help="Divide by the largest mean square so far, so that steps never grow."
)
DECOUPLED_SWITCH = Param(
    "decoupled_weight_decay",
    False,
    help="Decay the weights apart from the gradient, as AdamW does.",
)


def _adam_like(kind: type[Optimizer], parameters: Parameters, params: dict[str, Any]) -> Optimizer:
    betas = (params.pop("beta1"), params.pop("beta2"))
    make: Any = kind
    optimizer: Optimizer = make(parameters, betas=betas, **params, **PLAIN)
    return optimizer


@telling
def make_adam(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.Adam`."""
    return _adam_like(torch.optim.Adam, parameters, params)


@telling
def make_adamw(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.AdamW`."""
    return _adam_like(torch.optim.AdamW, parameters, params)


@telling
def make_nadam(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.NAdam`."""
    return _adam_like(torch.optim.NAdam, parameters, params)


@telling
def make_radam(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.RAdam`."""
    return _adam_like(torch.optim.RAdam, parameters, params)


@telling
def make_adamax(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.Adamax`."""
    return _adam_like(torch.optim.Adamax, parameters, params)


_MEANS = (
    r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad "
    r"v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad "
)
_HAT = r"\hat m = \frac{m}{1 - \beta_1^t},\ \hat v = \frac{v}{1 - \beta_2^t}"

optimizers.add(
    OptimizerEntry(
        name="adam",
        title="Adam",
        about="A step of about lr in every direction, whatever the size of the gradient.",
        make=make_adam,
        code=shared.constructed(torch.optim.Adam, shared.betas),
        formula=_MEANS
        + r"\theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad "
        + _HAT,
        cite="Kingma and Ba 2015; AMSGrad: Reddi et al. 2018",
        # Its decoupled weight decay is AdamW, which has an entry of its own.
        worked=worked_adam,
        stability=limits.adam,
        params=(shared.lr(0.01), *BETAS, shared.eps(1e-8), shared.weight_decay(), AMSGRAD),
    )
)

optimizers.add(
    OptimizerEntry(
        name="adamw",
        title="AdamW",
        about="Adam whose weight decay acts on the weights, not through the gradient.",
        make=make_adamw,
        code=shared.constructed(torch.optim.AdamW, shared.betas),
        formula=_MEANS + r"\theta \leftarrow (1 - \eta \lambda)\, \theta - "
        r"\eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad " + _HAT,
        cite="Loshchilov and Hutter 2019",
        worked=worked_adamw,
        stability=limits.adamw,
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.eps(1e-8),
            shared.weight_decay(0.01, DECOUPLED),
            AMSGRAD,
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="nadam",
        title="NAdam",
        about="Adam with Nesterov's look ahead, whose momentum grows over the first steps.",
        make=make_nadam,
        code=shared.constructed(torch.optim.NAdam, shared.betas),
        formula=_MEANS + r"\theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat v} + \epsilon} "
        r"\left(\frac{(1 - \mu_t)\, g}{1 - \prod_{i \le t} \mu_i} + "
        r"\frac{\mu_{t+1}\, m}{1 - \prod_{i \le t + 1} \mu_i}\right), \quad "
        r"\mu_t = \beta_1 \left(1 - \tfrac12\, 0.96^{t \psi}\right)",
        cite="Dozat 2016",
        worked=worked_nadam,
        stability=limits.nadam,
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.eps(1e-8),
            shared.weight_decay(),
            Param("momentum_decay", 0.004, 1e-6, 1.0, "log", "How fast momentum grows.", off=0.0),
            DECOUPLED_SWITCH,
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="radam",
        title="RAdam",
        about="Adam that steps like plain momentum until its mean square can be trusted.",
        make=make_radam,
        code=shared.constructed(torch.optim.RAdam, shared.betas),
        formula=_MEANS + r"\theta \leftarrow \theta - \eta\, \hat m \cdot "
        r"\begin{cases} r_t / (\sqrt{\hat v} + \epsilon) & \rho_t > 5 \\ 1 & \text{else}"
        r"\end{cases}",
        cite="Liu et al. 2020",
        worked=worked_radam,
        stability=limits.radam,
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.eps(1e-8),
            shared.weight_decay(),
            DECOUPLED_SWITCH,
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="adamax",
        title="Adamax",
        about="Adam that divides by the largest recent gradient instead of a mean square.",
        make=make_adamax,
        code=shared.constructed(torch.optim.Adamax, shared.betas),
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad "
        r"u \leftarrow \max(\beta_2 u, |g| + \epsilon), \quad "
        r"\theta \leftarrow \theta - \frac{\eta}{1 - \beta_1^t} \frac{m}{u}",
        cite="Kingma and Ba 2015",
        worked=worked_adamax,
        stability=limits.adamax,
        params=(shared.lr(0.01), *BETAS, shared.eps(1e-8), shared.weight_decay()),
    )
)
