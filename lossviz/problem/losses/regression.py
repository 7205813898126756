"""Losses of a difference of values: squared, absolute, and two that are both.

They serve classification too, by regression onto zeros and ones: one output for two classes, one
for each class otherwise. That is worth seeing once, and cross-entropy is nearly always better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.code import call, changed
from lossviz.problem.losses.probabilities import nearest_distribution
from lossviz.problem.losses.targets import columns, columns_code
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Task, Value, losses

_TASKS: frozenset[Task] = frozenset({"regression", "classification"})


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Mean squared error $\frac1{NC} \sum_{n,c} (f_{nc} - y_{nc})^2$.

    Args:
        outputs: Values (..., N, C).
        targets: Values (N, C), or class numbers (N,) to be read as zeros and ones.

    Returns:
        The losses (...). How to read them: in squared units of the target; 1 is what the mean
        scores on standardised targets.
    """
    return (outputs - columns(targets, outputs)).square().mean((-2, -1))


def mae(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Mean absolute error $\frac1{NC} \sum_{n,c} |f_{nc} - y_{nc}|$; arguments as `mse`."""
    return (outputs - columns(targets, outputs)).abs().mean((-2, -1))


def huber(outputs: Tensor, targets: Tensor, delta: float = 1.0) -> Tensor:
    r"""Squared within $\delta$, linear beyond; arguments as `mse`.

    $$\frac1{NC} \sum_{n,c} \begin{cases} r^2 / 2 & |r| \le \delta \\
        \delta\,(|r| - \delta / 2) & \text{else} \end{cases}, \quad r = f_{nc} - y_{nc}$$
    """
    expected = columns(targets, outputs).expand_as(outputs)
    return F.huber_loss(outputs, expected, reduction="none", delta=delta).mean((-2, -1))


def smooth_l1(outputs: Tensor, targets: Tensor, beta: float = 1.0) -> Tensor:
    r"""The Huber loss with $\delta = \beta$, divided by $\beta$; arguments as `mse`.

    Its slope far out is 1 whatever $\beta$, so that it tends to the absolute error as $\beta$
    tends to 0, where the Huber loss tends to 0.
    """
    expected = columns(targets, outputs).expand_as(outputs)
    return F.smooth_l1_loss(outputs, expected, reduction="none", beta=beta).mean((-2, -1))


def make_mse(classes: int) -> Criterion:
    """The criterion; it has no options."""
    return mse


def make_mae(classes: int) -> Criterion:
    """The criterion; it has no options."""
    return mae


def make_huber(classes: int, delta: float) -> Criterion:
    """The criterion that turns linear at delta."""
    return lambda outputs, targets: huber(outputs, targets, delta)


def make_smooth_l1(classes: int, beta: float) -> Criterion:
    """The criterion that turns linear at beta."""
    return lambda outputs, targets: smooth_l1(outputs, targets, beta)


def _code(function: Callable[..., Any]) -> Callable[[Mapping[str, Value], Shape], Code]:
    """The code of a loss that is one of torch's own functions."""

    def code(params: Mapping[str, Value], shape: Shape) -> Code:
        options = changed(function, params)
        text = call(f"F.{function.__name__}", "outputs", columns_code(shape), **options)
        return Code(text, classes="(outputs[:, 0] > 0.5).long()" if shape.classes == 2 else "")

    return code


def _outputs(shape: Shape) -> int:
    return shape.classes if shape.classes > 2 else 1


losses.add(
    LossEntry(
        name="mse",
        title="Mean squared error",
        about="The standard for values: right for even noise, easily led astray by outliers.",
        make=make_mse,
        code=_code(F.mse_loss),
        formula=r"\frac1{NC} \sum_{n,c} (f_{nc} - y_{nc})^2",
        gradient=r"\frac{\partial \ell}{\partial f} = 2r,\quad r = f - y",
        when="Values with even noise, where large errors really are that much worse. Its best "
        "guess is the mean, so one wild value can lead it far astray.",
        over=("residual",),
        cite="Gauss, Theoria combinationis observationum (1821)",
        tasks=_TASKS,
        outputs=_outputs,
        probabilities=nearest_distribution,
    )
)
losses.add(
    LossEntry(
        name="mae",
        title="Mean absolute error",
        about="Every unit of error counts the same: outliers hardly matter, and steps do not "
        "shrink near the minimum.",
        make=make_mae,
        code=_code(F.l1_loss),
        formula=r"\frac1{NC} \sum_{n,c} |f_{nc} - y_{nc}|",
        gradient=r"\frac{\partial \ell}{\partial f} = \operatorname{sign}(r),\quad r = f - y",
        when="Values with outliers: its best guess is the median. The slope is as steep near the "
        "target as far away, so the learning rate has to fall for it to settle.",
        over=("residual",),
        cite="Laplace, Deuxieme supplement a la theorie analytique des probabilites (1818)",
        tasks=_TASKS,
        outputs=_outputs,
        probabilities=nearest_distribution,
    )
)
losses.add(
    LossEntry(
        name="huber",
        title="Huber",
        about="Squared for small errors, linear for large ones: smooth and hard to lead astray.",
        make=make_huber,
        code=_code(F.huber_loss),
        formula=r"\frac1{NC} \sum_{n,c} \begin{cases} r^2/2 & |r| \le \delta \\ "
        r"\delta(|r| - \delta/2) & \text{else} \end{cases},\quad r = f_{nc} - y_{nc}",
        gradient=r"\frac{\partial \ell}{\partial f} = \max(-\delta, \min(\delta, r))",
        when="Mostly even noise with some outliers: no error pulls harder than delta. Set delta to "
        "about the size of an ordinary error.",
        over=("residual",),
        cite="Huber, Robust Estimation of a Location Parameter, Ann. Math. Stat. 35 (1964)",
        params=(
            Param("delta", 1.0, 0.01, 10.0, "log", help="The error at which it turns linear."),
        ),
        tasks=_TASKS,
        outputs=_outputs,
        probabilities=nearest_distribution,
    )
)
losses.add(
    LossEntry(
        name="smooth_l1",
        title="Smooth L1",
        about="The absolute error with its corner rounded off within beta.",
        make=make_smooth_l1,
        code=_code(F.smooth_l1_loss),
        formula=r"\frac1{NC} \sum_{n,c} \begin{cases} r^2/(2\beta) & |r| < \beta \\ "
        r"|r| - \beta/2 & \text{else} \end{cases},\quad r = f_{nc} - y_{nc}",
        gradient=r"\frac{\partial \ell}{\partial f} = \max(-1, \min(1, r / \beta))",
        when="As Huber, with the slope far out always 1: the usual choice for the corners of boxes "
        "in object detection.",
        over=("residual",),
        cite="Girshick, Fast R-CNN, ICCV 2015",
        params=(Param("beta", 1.0, 0.01, 10.0, "log", help="The error at which it turns linear."),),
        tasks=_TASKS,
        outputs=_outputs,
        probabilities=nearest_distribution,
    )
)
