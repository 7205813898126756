"""Optimizers that scale each coordinate by the gradients it has seen, before and beside Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.registry import OptimizerEntry, Param, SettingError, Value, optimizers
from lossviz.run.optimizers import limits, shared
from lossviz.run.optimizers.shared import DECOUPLED, PLAIN, Parameters, telling
from lossviz.run.optimizers.worked_adaptive import (
    worked_adadelta,
    worked_adagrad,
    worked_rmsprop,
)
from lossviz.run.optimizers.worked_others import worked_adafactor, worked_rprop


@telling
def make_adagrad(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.Adagrad`."""
    return torch.optim.Adagrad(parameters, **params, **PLAIN)


@telling
def make_adadelta(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.Adadelta`."""
    return torch.optim.Adadelta(parameters, **params, **PLAIN)


@telling
def make_rmsprop(parameters: Parameters, **params: Any) -> Optimizer:
    """`torch.optim.RMSprop`."""
    return torch.optim.RMSprop(parameters, **params, **PLAIN)


@telling
def make_rprop(
    parameters: Parameters,
    lr: float,
    eta_minus: float,
    eta_plus: float,
    step_min: float,
    step_max: float,
) -> Optimizer:
    """`torch.optim.Rprop`."""
    if step_min > step_max:
        raise SettingError(
            f"The smallest step, {step_min:g}, is above the largest, {step_max:g}; swap them."
        )
    return torch.optim.Rprop(
        parameters, lr=lr, etas=(eta_minus, eta_plus), step_sizes=(step_min, step_max), **PLAIN
    )


def rprop_options(params: Mapping[str, Value]) -> dict[str, Any]:
    """The parameters as `torch.optim.Rprop` takes them."""
    return {
        "lr": params["lr"],
        "etas": (params["eta_minus"], params["eta_plus"]),
        "step_sizes": (params["step_min"], params["step_max"]),
    }


def adafactor_options(params: Mapping[str, Value]) -> dict[str, Any]:
    """The parameters as `torch.optim.Adafactor` takes them."""
    rest = {name: value for name, value in params.items() if name not in ("eps1", "eps2")}
    return {**rest, "eps": (params["eps1"] or None, params["eps2"])}


@telling
def make_adafactor(parameters: Parameters, eps1: float, eps2: float, **params: Any) -> Optimizer:
    """`torch.optim.Adafactor`; an ``eps1`` of 0 stands for torch's None, the machine's epsilon."""
    return torch.optim.Adafactor(parameters, eps=(eps1 or None, eps2), **params, **PLAIN)


optimizers.add(
    OptimizerEntry(
        name="adagrad",
        title="Adagrad",
        about="Steps shrink with the sum of all squared gradients so far.",
        make=make_adagrad,
        code=shared.constructed(torch.optim.Adagrad),
        formula=r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - "
        r"\frac{\eta}{1 + (t - 1) \gamma} \frac{g}{\sqrt{s} + \epsilon}",
        cite="Duchi, Hazan and Singer 2011",
        worked=worked_adagrad,
        stability=limits.adagrad,
        params=(
            shared.lr(0.1),
            Param("lr_decay", 0.0, 1e-6, 1.0, "log", "How fast the step falls.", off=0.0),
            shared.weight_decay(),
            Param(
                "initial_accumulator_value",
                0.0,
                1e-8,
                10.0,
                "log",
                "What the sum of squares begins with.",
                off=0.0,
                title="initial sum",
            ),
            shared.eps(1e-10),
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="adadelta",
        title="Adadelta",
        about="Scales each step by the size of the last ones; begins very slowly.",
        make=make_adadelta,
        code=shared.constructed(torch.optim.Adadelta),
        formula=r"v \leftarrow \rho v + (1 - \rho) g^2, \quad "
        r"\Delta = \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g, \quad "
        r"u \leftarrow \rho u + (1 - \rho) \Delta^2, \quad \theta \leftarrow \theta - \eta \Delta",
        cite="Zeiler 2012",
        worked=worked_adadelta,
        stability=limits.adadelta,
        params=(
            shared.lr(1.0),
            shared.beta("rho", 0.9, "squared gradients and steps"),
            shared.eps(1e-6),
            shared.weight_decay(),
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="rmsprop",
        title="RMSprop",
        about="Divides the gradient by the root of its recent mean square.",
        make=make_rmsprop,
        code=shared.constructed(torch.optim.RMSprop),
        formula=r"v \leftarrow \alpha v + (1 - \alpha) g^2, \quad "
        r"\theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{v} + \epsilon}",
        cite="Hinton 2012, lecture 6; centred: Graves 2013",
        worked=worked_rmsprop,
        stability=limits.rmsprop,
        params=(
            shared.lr(0.01),
            shared.beta("alpha", 0.99, "the squared gradient"),
            shared.eps(1e-8),
            shared.weight_decay(),
            Param("momentum", 0.0, 0.0, 1.0, "linear", "How much of the last step is kept."),
            Param("centered", False, help="Subtract the squared mean: divide by the spread."),
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="rprop",
        title="Rprop",
        about="Looks only at the gradient's sign; for full batches.",
        make=make_rprop,
        code=shared.constructed(torch.optim.Rprop, rprop_options),
        formula=r"\eta_i \leftarrow \eta_i \cdot \begin{cases} \eta_+ & g_i g_i' > 0 \\ "
        r"\eta_- & g_i g_i' < 0 \end{cases}, \quad \theta_i \leftarrow \theta_i - "
        r"\eta_i\, \mathrm{sign}(g_i)",
        cite="Riedmiller and Braun 1993",
        worked=worked_rprop,
        unlimited="Its steps grow and shrink by the signs of the gradient; the learning rate only "
        "sets the first one.",
        params=(
            shared.lr(0.01),
            Param("eta_minus", 0.5, 0.01, 0.99, "linear", "Factor after a change of sign."),
            Param("eta_plus", 1.2, 1.001, 5.0, "linear", "Factor after the same sign twice."),
            Param("step_min", 1e-6, 1e-12, 1.0, "log", "The smallest step."),
            Param("step_max", 50.0, 1e-3, 1000.0, "log", "The largest step."),
        ),
    )
)

optimizers.add(
    OptimizerEntry(
        name="adafactor",
        title="Adafactor",
        about="Keeps the mean squares of a matrix by row and by column only, and clips its steps.",
        make=make_adafactor,
        code=shared.constructed(torch.optim.Adafactor, adafactor_options),
        formula=r"\hat V = \frac{R\, C}{\mathbf 1^\top R}, \quad U = \frac{G}{\sqrt{\hat V}}, "
        r"\quad \theta \leftarrow \theta - \max(\epsilon_2, \mathrm{rms}(\theta))\, "
        r"\min(\eta, t^{-1/2})\, \frac{U}{\max(1, \mathrm{rms}(U) / d)}",
        cite="Shazeer and Stern 2018",
        layout="tensors",
        worked=worked_adafactor,
        unlimited="Its step is as long as its learning rate times the weights, whatever the "
        "curvature.",
        params=(
            shared.lr(0.1),
            Param("beta2_decay", -0.8, -2.0, 0.0, "linear", "Power with which memory grows."),
            Param(
                "eps1",
                0.0,
                1e-30,
                1.0,
                "log",
                "Added to squares; 0 takes the smallest the precision can tell from 1.",
                off=0.0,
            ),
            Param("eps2", 1e-3, 1e-8, 1.0, "log", "Smallest size of the weights that counts."),
            Param("d", 1.0, 1.0, 100.0, "log", "Steps larger than this are clipped."),
            shared.weight_decay(0.0, DECOUPLED),
        ),
    )
)
