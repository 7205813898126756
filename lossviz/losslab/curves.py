"""A loss and its slope as curves, over the residual, the margin or the probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lossviz.losslab.pick import Pick, Picks
from lossviz.registry import LossEntry, Over, SettingError, Shape

#: Points of a curve; an odd number, so that the middle is one of them.
POINTS = 481
#: Where probabilities begin and end: at 0 and 1 most losses or slopes are infinite.
EDGE = 0.002

#: What the samples of a curve are to a loss.
SHAPES: dict[Over, Shape] = {
    "residual": Shape("regression", 1, 0),
    "margin": Shape("classification", 1, 2),
    "probability": Shape("classification", 1, 2),
}


@dataclass(frozen=True, eq=False)
class Curve:
    """One loss as a function of one number.

    Args:
        pick: The loss.
        u: (F,) the residual, the margin, or the probability of the true class.
        loss: (F,) the loss of one sample there; NaN where it is not defined.
        slope: (F,) its derivative with respect to u.
    """

    pick: Pick
    u: np.ndarray
    loss: np.ndarray
    slope: np.ndarray


def can_be_drawn(entry: LossEntry, over: Over) -> bool:
    """Whether a loss says that it is a function of this."""
    return over in entry.over


def places(over: Over, reach: float, points: int = POINTS) -> np.ndarray:
    """Where curves are computed (F,).

    Args:
        over: What they are drawn over.
        reach: They go from minus this to this; probabilities always from 0.002 to 0.998.
        points: F.
    """
    if over == "probability":
        return np.linspace(EDGE, 1 - EDGE, points)
    return np.linspace(-reach, reach, points)


def curve(pick: Pick, over: Over, u: np.ndarray) -> Curve:
    """The loss of one sample, and its slope by automatic differentiation, at every u (F,).

    - Over the residual the target is 0 and the prediction is u.
    - Over the margin the class is 1, its logit u and the other's 0.
    - Over the probability the class is 1 and its logit log(u / (1 - u)), so that its probability
      by sigmoid or softmax is u.

    How to read it: the height is what a sample there costs, the slope how hard it pulls.

    Raises:
        SettingError: For a loss that is no function of this.
    """
    if not can_be_drawn(pick.entry, over):
        raise SettingError(f"The loss {pick.loss!r} is no function of the {over}.")
    leaf = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    outputs, targets = samples(pick.entry, over, leaf)
    loss = pick.criterion(SHAPES[over])(outputs, targets)
    (slope,) = torch.autograd.grad(loss.sum(), leaf)
    known = torch.isfinite(loss)
    return Curve(
        pick,
        u,
        torch.where(known, loss, torch.nan).detach().numpy(),
        torch.where(known, slope, torch.nan).numpy(),
    )


def curves(picks: Picks, over: Over, reach: float) -> tuple[Curve, ...]:
    """The curves of several losses at the same places."""
    u = places(over, reach)
    return tuple(curve(pick, over, u) for pick in picks)


def samples(entry: LossEntry, over: Over, u: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs (F, 1, C) and the one target that stand for u (F,)."""
    if entry.along is not None:
        outputs, targets = entry.along(over, u)
        return outputs, targets
    if over == "residual":
        return u[:, None, None], u.new_zeros(1, 1)
    logit = u if over == "margin" else u.log() - (-u).log1p()
    width = entry.outputs(SHAPES[over])
    outputs = torch.zeros(len(u), 1, width, dtype=u.dtype)
    outputs[:, 0, -1] = logit
    return outputs, torch.ones(1, dtype=torch.long)
