"""L-BFGS: a quasi-Newton method that evaluates the loss several times in a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.registry import OptimizerEntry, Param, Value, optimizers
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import Parameters, telling
from lossviz.run.optimizers.worked_others import worked_lbfgs


@telling
def make_lbfgs(
    parameters: Parameters,
    lr: float,
    max_iter: int,
    max_eval: int,
    tolerance_grad: float,
    tolerance_change: float,
    history_size: int,
    line_search: str,
) -> Optimizer:
    """`torch.optim.LBFGS`; a ``max_eval`` of 0 stands for torch's None, 5/4 of ``max_iter``."""
    return torch.optim.LBFGS(
        parameters,
        lr=lr,
        max_iter=max_iter,
        max_eval=max_eval or None,
        tolerance_grad=tolerance_grad,
        tolerance_change=tolerance_change,
        history_size=history_size,
        line_search_fn=None if line_search == "none" else line_search,
    )


def options(params: Mapping[str, Value]) -> dict[str, Any]:
    """The parameters as `torch.optim.LBFGS` takes them."""
    rest = {name: value for name, value in params.items() if name != "line_search"}
    search = None if params["line_search"] == "none" else params["line_search"]
    return {**rest, "max_eval": params["max_eval"] or None, "line_search_fn": search}


optimizers.add(
    OptimizerEntry(
        name="lbfgs",
        title="L-BFGS",
        about="Learns the curvature from the last steps; several evaluations of the loss in one.",
        make=make_lbfgs,
        code=shared.constructed(torch.optim.LBFGS, options),
        formula=r"\theta \leftarrow \theta - \eta\, H_k\, g, \quad H_k \approx "
        r"(\nabla^2 L)^{-1} \text{ from the last } m \text{ pairs } "
        r"(\Delta\theta, \Delta g)",
        cite="Nocedal 1980; Liu and Nocedal 1989",
        closure=True,
        worked=worked_lbfgs,
        unlimited="It measures the curvature, and takes the length of its steps from it.",
        params=(
            shared.lr(1.0),
            Param("max_iter", 20, 1, 100, "log", "Iterations within one step."),
            Param("max_eval", 0, 1, 200, "log", "Evaluations in a step; 0: 5/4 of these.", off=0),
            Param("tolerance_grad", 1e-7, 1e-16, 1.0, "log", "Stops below this.", off=0.0),
            Param("tolerance_change", 1e-9, 1e-16, 1.0, "log", "Stops below this.", off=0.0),
            Param("history_size", 100, 1, 200, "log", "Pairs of differences remembered."),
            Param(
                "line_search",
                "strong_wolfe",
                choices=("strong_wolfe", "none"),
                help="Search along each direction for a good step, or trust lr.",
            ),
        ),
    )
)
