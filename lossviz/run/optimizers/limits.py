"""The stability limits of the optimizers on a quadratic, each from its characteristic polynomial.

In a direction of curvature h, with k = rate * scale * h, a step is a linear recurrence. It dies out
exactly while both roots z of its characteristic polynomial lie inside the unit circle; with growing
k the first one leaves it at z = -1, where the steps change their sign each time. For a polynomial
z^2 - b z + c that is at 1 + b + c = 0 (as long as |c| < 1).

Sources: gradient descent and heavy ball, Polyak 1964; Nesterov and the limits with running means,
Cohen et al. 2021 (appendix B); scaled coordinates, Cohen et al. 2022, who fold the correction of
Adam's mean into the scale, as is done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.optimizers import worked_adam, worked_adaptive, worked_sgd
from lossviz.run.stability import Stability
from lossviz.run.worked import Floats, Worked, column

if TYPE_CHECKING:
    from lossviz.run.record import Run


def sgd(run: Run) -> Stability:
    """Gradient descent, heavy ball and Nesterov's look ahead, as in `torch.optim.SGD`.

    With v = mu v + (1 - tau) g and a step along v: z^2 - (1 + mu - (1 - tau) k) z + mu, so that
    k < 2 (1 + mu) / (1 - tau). With a step along g + mu v:
    z^2 - (1 + mu - (1 + mu) k) z + mu - mu k, so that k < (2 + 2 mu) / (1 + 2 mu).
    """
    params = run.method.params
    values = worked_sgd.worked_sgd(run).values
    mu = option_of(run, values, "momentum")
    scale = np.ones(run.weights.shape)
    decay = float(params["weight_decay"])
    if params["momentum"] == 0:
        return Stability(np.full_like(mu, 2.0), scale, "2 / curvature", decay)
    if params["nesterov"]:
        rule = "(2 + 2 momentum) / (1 + 2 momentum) / curvature"
        return Stability((2 + 2 * mu) / (1 + 2 * mu), scale, rule, decay)
    kept = 1 - float(params["dampening"])
    if kept == 1:
        return Stability(2 + 2 * mu, scale, "(2 + 2 momentum) / curvature", decay)
    with np.errstate(divide="ignore"):
        limit = (2 + 2 * mu) / kept
    return Stability(limit, scale, "(2 + 2 momentum) / (1 - dampening) / curvature", decay)


def asgd(run: Run) -> Stability:
    """The averaged form: z = 1 - lambda eta - k."""
    worked = worked_sgd.worked_asgd(run)
    limit = 2 - float(run.method.params["lambd"]) * worked.values["eta"]
    rule = "(2 - lambd rate) / curvature, with its own falling rate"
    return Stability(limit, scale_of(worked), rule, float(run.method.params["weight_decay"]))


def adam(run: Run) -> Stability:
    """Adam; see `running_mean`."""
    return running_mean(run, worked_adam.worked_adam(run), decoupled=False)


def adamw(run: Run) -> Stability:
    """AdamW; see `running_mean`."""
    return running_mean(run, worked_adam.worked_adamw(run), decoupled=True)


def radam(run: Run) -> Stability:
    """RAdam, whose scale is 1 until its mean square can be trusted; see `running_mean`."""
    decoupled = bool(run.method.params["decoupled_weight_decay"])
    return running_mean(run, worked_adam.worked_radam(run), decoupled)


def adamax(run: Run) -> Stability:
    """Adamax; see `running_mean`."""
    return running_mean(run, worked_adam.worked_adamax(run), decoupled=False)


def running_mean(run: Run, worked: Worked, decoupled: bool, corrected: bool = True) -> Stability:
    """A step along the running mean m = beta1 m + (1 - beta1) g.

    z^2 - (a + beta1 - (1 - beta1) k) z + a beta1, so that k < (1 + a)(1 + beta1) / (1 - beta1). The
    factor a is 1 - rate * lambda where the weight decay is apart from the gradient, else 1.

    Args:
        run: A watched run.
        worked: Its steps.
        decoupled: Whether the weight decay is apart from the gradient.
        corrected: Whether the mean is divided by 1 - beta1^t; the scale then has that factor.
    """
    beta, kept, decay = common(run, worked, decoupled)
    limit = (1 + kept) * (1 + beta) / (1 - beta)
    rule = f"{both_signs(kept)} / (1 - beta1) / scaled curvature"
    factor = column(1 / (1 - beta ** worked.values["t"])) if corrected else 1.0
    return Stability(limit, scale_of(worked, factor), rule, decay)


def both_signs(kept: Floats) -> str:
    """(1 + a)(1 + beta1) in words, where a step keeps the share a (frames,) of the weights."""
    return "(2 + 2 beta1)" if (kept == 1).all() else "(2 - rate decay)(1 + beta1)"


def nadam(run: Run) -> Stability:
    """A step along p g + q m, with the weights p and q of this step.

    z^2 - (a + beta1 - k (p + (1 - beta1) q)) z + a beta1 - k p beta1, so that
    k < (1 + a)(1 + beta1) / ((1 + beta1) p + (1 - beta1) q). In the long run p is 1 - beta1 and q
    is beta1, and this is Nesterov's limit over 1 - beta1.
    """
    worked = worked_adam.worked_nadam(run)
    beta, kept, decay = common(run, worked, bool(run.method.params["decoupled_weight_decay"]))
    values = worked.values
    p = filled((1 - values["mu"]) / (1 - values["product"]))
    q = filled(values["mu_next"] / (1 - values["product_next"]))
    limit = (1 + kept) * (1 + beta) / ((1 + beta) * p + (1 - beta) * q)
    rule = (
        f"{both_signs(kept)} / ((1 + beta1) p + (1 - beta1) q) / scaled curvature, for a step "
        "along p g + q m"
    )
    return Stability(limit, scale_of(worked), rule, decay)


def adagrad(run: Run) -> Stability:
    """Gradient descent in scaled coordinates."""
    return _scaled(run, worked_adaptive.worked_adagrad(run))


def adadelta(run: Run) -> Stability:
    """Gradient descent in scaled coordinates."""
    return _scaled(run, worked_adaptive.worked_adadelta(run))


def rmsprop(run: Run) -> Stability:
    """Gradient descent, or heavy ball, in scaled coordinates."""
    return _scaled(run, worked_adaptive.worked_rmsprop(run))


def _scaled(run: Run, worked: Worked) -> Stability:
    mu = option_of(run, worked.values, "momentum")
    rule = "(2 + 2 momentum) / scaled curvature" if mu.any() else "2 / scaled curvature"
    decay = float(run.method.params["weight_decay"])
    return Stability(2 + 2 * mu, scale_of(worked), rule, decay)


def common(run: Run, worked: Worked, decoupled: bool) -> tuple[Floats, Floats, float]:
    """beta1 (frames,), the share of the weights that a step keeps (frames,), the decay of H."""
    beta = option_of(run, worked.values, "beta1")
    decay = float(run.method.params["weight_decay"])
    if decoupled:
        return beta, 1 - decay * worked.values["lr"], 0.0
    return beta, np.ones_like(beta), decay


def option_of(run: Run, values: Mapping[str, Floats], name: str) -> Floats:
    """A parameter (frames,), as a schedule may have moved it; 0 where the optimizer has none."""
    if name in values:
        return values[name]
    return np.full(len(run.weights), float(run.method.params.get(name, 0.0)))


def scale_of(worked: Worked, factor: Floats | float = 1.0) -> Floats:
    """The scale (frames, P) of each step; at the last frame that of the last step."""
    return filled(worked.values[worked.scale] * factor)


def filled(values: Floats) -> Floats:
    """The last row, where no step follows, as the one before."""
    if len(values) > 1:
        values = values.copy()
        values[-1] = values[-2]
    return values
