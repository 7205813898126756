"""Schedule-free optimizers: an average of the path takes the place of a falling learning rate.

They know three points. Gradients are taken at ``y = (1 - beta) z + beta x``; ``z`` makes the plain
steps, and ``x`` is the weighted mean of all ``z``, the point that is meant to be used in the end.
As in a training loop of torch, the parameters, and so the path and its losses, are ``y``. The state
holds ``z``, so ``x`` is ``y + (1 - 1 / beta) (z - y)``; as the steps settle, all three meet.
"""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from lossviz.contrib.extra import limits, worked_averages
from lossviz.contrib.extra.package import constructed, offer, package
from lossviz.registry import OptimizerEntry, Param
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import PLAIN, Parameters, betas, telling


@telling
def make_schedule_free_sgd(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.ScheduleFreeSGD`, in its training mode."""
    return package().ScheduleFreeSGD(parameters, **params, **PLAIN)


@telling
def make_schedule_free_adamw(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.ScheduleFreeAdamW`, in its training mode."""
    return package().ScheduleFreeAdamW(parameters, **betas(params), **PLAIN)


#: Said in a script, which measures what the picture shows.
MEASURED = (
    "Measured at y, where gradients are taken. For use, call optimizer.eval(): it moves the "
    "weights to their mean x."
)


def interpolation(name: str) -> Param:
    """How far the gradient's point lies from ``z`` towards the mean; the ends are not allowed."""
    return Param(
        name,
        0.9,
        0.001,
        0.99999,
        help="Where gradients are taken: near 0 at z, near 1 at the mean.",
    )


# The package's own warm-up is left to the schedules, which do the same for every optimizer.
WEIGHTS = (
    Param("r", 0.0, 0.0, 10.0, help="Power of the step's number by which z counts in the mean."),
    Param(
        "weight_lr_power",
        2.0,
        0.0,
        10.0,
        help="Power of the largest learning rate so far by which z counts in the mean.",
    ),
)

offer(
    OptimizerEntry(
        name="schedule_free_sgd",
        title="Schedule-free SGD",
        about="SGD with an average x instead of a falling rate; the path shows y, where gradients "
        "are taken.",
        make=make_schedule_free_sgd,
        code=constructed("ScheduleFreeSGD", note=MEASURED),
        formula=r"y = (1 - \mu)\, z + \mu x, \quad z \leftarrow z - \eta\, \nabla f(y), \quad "
        r"x \leftarrow (1 - c_t)\, x + c_t z, \quad "
        r"c_t = \frac{w_t}{w_1 + \dots + w_t},\ w_t = t^r (\max \eta)^p",
        cite="Defazio et al. 2024, The Road Less Scheduled",
        worked=worked_averages.worked_schedule_free_sgd,
        stability=limits.schedule_free_sgd,
        params=(
            shared.lr(0.5),
            interpolation("momentum"),
            shared.weight_decay(0.0, "Adds this times y to the gradient."),
            *WEIGHTS,
        ),
    )
)

offer(
    OptimizerEntry(
        name="schedule_free_adamw",
        title="Schedule-free AdamW",
        about="AdamW with an average x instead of a falling rate; the path shows y, where "
        "gradients are taken.",
        make=make_schedule_free_adamw,
        code=constructed("ScheduleFreeAdamW", betas, note=MEASURED),
        formula=r"y = (1 - \beta_1)\, z + \beta_1 x, \quad "
        r"v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \quad "
        r"z \leftarrow z - \eta \left(\frac{g}{\sqrt{\hat v} + \epsilon} + \lambda y\right), "
        r"\quad x \leftarrow (1 - c_t)\, x + c_t z, \quad "
        r"c_t = \frac{w_t}{w_1 + \dots + w_t},\ w_t = t^r (\max \eta)^p",
        cite="Defazio et al. 2024, The Road Less Scheduled",
        worked=worked_averages.worked_schedule_free_adamw,
        stability=limits.schedule_free_adamw,
        params=(
            shared.lr(0.02),
            interpolation("beta1"),
            shared.beta("beta2", 0.999, "the squared gradient"),
            shared.eps(1e-8),
            shared.weight_decay(0.0, "Adds this times y to the scaled gradient."),
            *WEIGHTS,
        ),
    )
)
