"""Sharpness-aware minimisation: descend by the gradient of the worst point near by."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.contrib.extra import limits, worked_sam
from lossviz.contrib.extra.package import imported, offer, package
from lossviz.problem.code import call, changed
from lossviz.registry import Code, OptimizerEntry, Param, SettingError
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import PLAIN, Parameters, Params, Shapes, telling


@cache
def both_passes() -> Any:
    """The package's SAM with the closure of `torch.optim.LBFGS`: one call for each gradient.

    The package's own step wants the first gradient to be there before it is called, and drops it
    for None; this one asks the closure for both, and leaves the tensors of the gradients in place.
    """
    kind: Any = package().SAM

    class BothPasses(kind):
        @torch.no_grad()
        def step(self, closure: Callable[[], Any]) -> Any:
            with torch.enable_grad():
                loss = closure()
            self.first_step()
            with torch.enable_grad():
                closure()
            for tensor in (t for group in self.param_groups for t in group["params"]):
                if tensor.grad is not None:
                    self._remember(tensor)
            self.second_step()
            return loss

        def _remember(self, tensor: Any) -> None:
            """Keep the second gradient, so that it can be watched."""
            state = self.state[tensor]
            if "worst" not in state:
                state["worst"] = torch.empty_like(tensor)
            state["worst"].copy_(tensor.grad)

    return BothPasses


@telling
def make_sam(parameters: Parameters, nesterov: bool, momentum: float, **params: Any) -> Optimizer:
    """`pytorch_optimizer.SAM` over `torch.optim.SGD`.

    The package finds the gradient's length in single precision, whatever the weights are.
    """
    if nesterov and momentum <= 0:
        raise SettingError(
            "Nesterov's look ahead needs a momentum above 0; raise it or switch nesterov off."
        )
    return both_passes()(
        parameters, torch.optim.SGD, nesterov=nesterov, momentum=momentum, **params, **PLAIN
    )


def code(params: Params, shapes: Shapes) -> Code:
    """The package's own SAM: in a script the first gradient is there before each step."""
    own = {name: params[name] for name in ("rho", "adaptive")}
    below = {name: value for name, value in params.items() if name not in ("lr", *own)}
    options = {**changed(package().SAM, own), **changed(torch.optim.SGD, below)}
    text = call("SAM", "parameters", "torch.optim.SGD", lr=params["lr"], **options)
    return Code(text, imported("SAM"))


offer(
    OptimizerEntry(
        name="sam",
        title="SAM",
        about="SGD by the gradient a distance rho uphill, so that it prefers wide minima; two "
        "gradients a step.",
        make=make_sam,
        code=code,
        formula=r"\tilde\theta = \theta + \rho\, \frac{g(\theta)}{\lVert g(\theta) \rVert}, \quad "
        r"\theta \leftarrow \theta - \eta\, g(\tilde\theta)",
        cite="Foret et al. 2020; adaptive: Kwon et al. 2021",
        worked=worked_sam.worked_sam,
        stability=limits.sam,
        unlimited="With distances in units of the weights, what is uphill changes with them.",
        # The length of the gradient is one number for all coordinates.
        layout="tensors",
        closure=True,
        params=(
            shared.lr(0.1),
            Param("rho", 0.05, 1e-4, 100.0, "log", "How far uphill it looks.", off=0.0),
            Param(
                "adaptive",
                False,
                help="Measure that distance in units of each weight's size (ASAM).",
                title="adaptive (ASAM)",
            ),
            Param("momentum", 0.0, 0.0, 1.0, "linear", "How much of the last step is kept."),
            shared.weight_decay(),
            Param("nesterov", False, help="Look ahead along the momentum (needs momentum)."),
        ),
    )
)
