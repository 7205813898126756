"""Prodigy, which finds its own learning rate."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.contrib.extra import limits, worked_prodigy
from lossviz.contrib.extra.package import DECOUPLE, constructed, offer, package
from lossviz.registry import OptimizerEntry, Param
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import BETAS, PLAIN, Parameters, Params, betas, telling


@cache
def remembering() -> Any:
    """The package's Prodigy, whose memory of each tensor holds the distance too.

    The package keeps it, and the sum it comes from, beside its options, where nobody looks.
    """
    kind: Any = package().Prodigy

    class Remembering(kind):
        @torch.no_grad()
        def step(self, closure: Any = None) -> Any:
            loss = super().step(closure)
            first = self.param_groups[0]
            for tensor, state in self.state.items():
                for name in ("d", "d_numerator"):
                    if name not in state:
                        state[name] = tensor.new_zeros((), dtype=torch.float64)
                    state[name].fill_(float(first[name]))
            return loss

    return Remembering


def options(params: Params) -> dict[str, Any]:
    """As `pytorch_optimizer.Prodigy` takes them; a ``growth_rate`` of 0 stands for no limit."""
    return {**betas(params), "growth_rate": params["growth_rate"] or math.inf}


@telling
def make_prodigy(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Prodigy`.

    The package sums up its estimate of the distance in single precision, whatever the weights are.
    """
    return remembering()(parameters, **options(params), **PLAIN)


offer(
    OptimizerEntry(
        name="prodigy",
        title="Prodigy",
        about="Adam that estimates the distance d to the minimum and takes its step size from it; "
        "leave lr at 1.",
        make=make_prodigy,
        code=constructed("Prodigy", options),
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1)\, d g, \quad "
        r"v \leftarrow \beta_2 v + (1 - \beta_2)\, d^2 g^2, \quad "
        r"r \leftarrow \sqrt{\beta_2}\, r + \eta d^2 \langle g, \theta_0 - \theta \rangle, \quad "
        r"s \leftarrow \sqrt{\beta_2}\, s + \eta d^2 g, \quad "
        r"\theta \leftarrow \theta - \eta d\, \frac{m}{\sqrt{v} + d \epsilon}, \quad "
        r"d \leftarrow \max\!\left(d, c\, \frac{r}{\lVert s \rVert_1}\right)",
        cite="Mishchenko and Defazio 2023",
        worked=worked_prodigy.worked_prodigy,
        stability=limits.prodigy,
        # The distance is one number for all coordinates.
        layout="tensors",
        params=(
            shared.lr(1.0),
            *BETAS,
            shared.eps(1e-8),
            Param("d0", 1e-6, 1e-12, 1.0, "log", "The first guess of the distance."),
            Param("d_coef", 1.0, 0.01, 100.0, "log", "Factor c on the estimated distance."),
            Param(
                "growth_rate",
                0.0,
                1.001,
                10.0,
                "log",
                "The most by which the distance may grow in a step; 0 for no limit.",
                off=0.0,
            ),
            Param("bias_correction", False, help="Correct the means at the beginning, as Adam."),
            Param(
                "safeguard_warmup",
                False,
                help="Keep a warm-up's small rates from inflating the distance.",
            ),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)
