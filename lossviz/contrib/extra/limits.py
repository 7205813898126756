"""The stability limits of the extra optimizers on a quadratic; see `lossviz.run.optimizers.limits`.

Sources: the edge of SAM, Long and Bartlett 2023; the others from their characteristic polynomials,
as there. Those whose every step has a length of its own (Lion, SignSGD, LAMB) have no such limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossviz.contrib.extra import worked_adaptive, worked_averages, worked_prodigy, worked_sam
from lossviz.run.optimizers.limits import common, filled, option_of, running_mean, scale_of
from lossviz.run.stability import Stability
from lossviz.run.worked import Floats, Ledger, Worked

if TYPE_CHECKING:
    from lossviz.run.record import Run


def adabelief(run: Run) -> Stability:
    """AdaBelief; see `running_mean`."""
    return running_mean(run, worked_adaptive.worked_adabelief(run), _decoupled(run))


def yogi(run: Run) -> Stability:
    """Yogi; see `running_mean`."""
    return running_mean(run, worked_adaptive.worked_yogi(run), _decoupled(run))


def adopt(run: Run) -> Stability:
    """ADOPT where it does not clip; its mean is not corrected. See `running_mean`."""
    worked = worked_adaptive.worked_adopt(run)
    return running_mean(run, worked, _decoupled(run), corrected=False)


def prodigy(run: Run) -> Stability:
    """Prodigy while its distance holds still; its mean is not corrected. See `running_mean`."""
    worked = worked_prodigy.worked_prodigy(run)
    rates = worked.values["gamma"]
    beta = option_of(run, worked.values, "beta1")
    decay = float(run.method.params["weight_decay"]) if _decoupled(run) else 0.0
    limit = (2 - decay * rates) * (1 + beta) / (1 - beta)
    rule = "(2 + 2 beta1) / (1 - beta1) / scaled curvature, while the distance d holds still"
    return Stability(limit, scale_of(worked), rule)


def adan(run: Run) -> Stability:
    """A step along m + beta2 v, with v the mean of the gradient's changes.

    (z - a)(z - beta1)(z - beta2)
    + a' k ((1 - beta1) z (z - beta2) + beta2 (1 - beta2)(z - 1)(z - beta1)), with a and a' for the
    weight decay: 1 - rate * lambda and 1 where it comes first, both 1 / (1 + rate * lambda) where
    it comes last. In the long run, when the means need no correction.
    """
    worked = worked_adaptive.worked_adan(run)
    params = run.method.params
    beta2, decay = float(params["beta2"]), float(params["weight_decay"]) * worked.values["lr"]
    early = _decoupled(run)
    kept = 1 - decay if early else 1 / (1 + decay)
    share = np.ones_like(kept) if early else kept

    def least(beta1: float, a: float, share: float) -> float:
        own = np.poly([a, beta1, beta2])
        pulled = np.polyadd(
            (1 - beta1) * np.poly([0.0, beta2]), beta2 * (1 - beta2) * np.poly([1.0, beta1])
        )
        return least_crossing(own, share * pulled)

    limit = _for_each(least, option_of(run, worked.values, "beta1"), kept, share)
    rule = "the largest k = rate x scaled curvature with all roots inside the unit circle"
    return Stability(limit, scale_of(worked), rule)


def ademamix(run: Run) -> Stability:
    """A step along m + alpha m2, with a second, longer mean.

    (z - a)(z - beta1)(z - beta3) + k ((1 - beta1) z (z - beta3) + alpha (1 - beta3) z (z - beta1)),
    in the long run, when the first mean needs no correction.
    """
    worked = worked_adaptive.worked_ademamix(run)
    beta1, kept, decay = common(run, worked, _decoupled(run))
    alpha, beta3 = worked_adaptive.memory_of_ademamix(Ledger(run))

    def least(beta1: float, a: float, alpha: float, beta3: float) -> float:
        own = np.poly([a, beta1, beta3])
        pulled = np.polyadd(
            (1 - beta1) * np.poly([0.0, beta3]), alpha * (1 - beta3) * np.poly([0.0, beta1])
        )
        return least_crossing(own, pulled)

    limit = _for_each(least, beta1, kept, alpha, beta3)
    rule = "the largest k = rate x scaled curvature with all roots inside the unit circle"
    return Stability(limit, scale_of(worked), rule, decay)


def schedule_free_sgd(run: Run) -> Stability:
    """See `_averaged`."""
    worked = worked_averages.worked_schedule_free_sgd(run)
    return _averaged(run, worked, "momentum", float(run.method.params["weight_decay"]))


def schedule_free_adamw(run: Run) -> Stability:
    """See `_averaged`; the weight decay takes rate * lambda of the limit."""
    worked = worked_averages.worked_schedule_free_adamw(run)
    found = _averaged(run, worked, "beta1", 0.0)
    taken = float(run.method.params["weight_decay"]) * worked.values["lr"]
    return Stability(np.maximum(found.limit - taken, 1e-12), found.scale, found.rule)


def _averaged(run: Run, worked: Worked, name: str, decay: float) -> Stability:
    """A plain step of z by the slope at y = (1 - beta) z + beta x, and x goes by c towards z.

    z^2 - (2 - c - k (1 - beta (1 - c))) z + (1 - c)(1 - k (1 - beta)), so that
    k < 2 (2 - c) / ((1 - beta)(2 - c) + beta c): from 2 at the first step, where c is 1, to
    2 / (1 - beta) as c falls.
    """
    c, beta = worked.values["c"], option_of(run, worked.values, name)
    limit = 2 * (2 - c) / ((1 - beta) * (2 - c) + beta * c)
    scaled = "curvature" if name == "momentum" else "scaled curvature"
    rule = f"2 (2 - c) / ((1 - {name}) (2 - c) + {name} c) / {scaled}, with c as it is now"
    return Stability(limit, filled(worked.values["unit"]), rule, decay)


def sam(run: Run) -> Stability | None:
    """SAM on top of gradient descent, heavy ball or Nesterov; None where it is adaptive.

    A distance rho up the slope g, in a direction of curvature h, the slope is h (1 + rho h / |g|)
    times what is left, so that k (1 + s k) stays below the limit L of SGD, with k = rate * h and
    s = rho / (rate |g|): k < (sqrt(1 + 4 s L) - 1) / (2 s). With the slope that limit goes to 0,
    and so the steps never die out altogether.
    """
    params = run.method.params
    if params["adaptive"]:
        return None
    worked = worked_sam.worked_sam(run)
    mu = option_of(run, worked.values, "momentum")
    plain = 2 + 2 * mu if not params["nesterov"] else (2 + 2 * mu) / (1 + 2 * mu)
    rate, length = worked.values["lr"], np.linalg.norm(worked.values["g"], axis=1)
    plain = np.maximum(plain - rate * float(params["weight_decay"]), 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s = float(params["rho"]) / (rate * length)
        # The same without the difference, which loses its digits where s is small.
        limit = 2 * plain / (1 + np.sqrt(1 + 4 * s * plain))
    # Without any slope it does not look uphill.
    limit = np.where(np.isfinite(s), limit, plain)
    rule = "(sqrt(1 + 4 s L) - 1) / (2 s) / curvature, with s = rho / (rate |g|) and L that of SGD"
    return Stability(limit, np.ones(run.weights.shape), rule)


def least_crossing(own: NDArray[Any], pulled: NDArray[Any]) -> float:
    """The smallest k above 0 at which a root of own + k pulled lies on the unit circle.

    Args:
        own: Coefficients (n + 1,) of a polynomial, the highest power first.
        pulled: Those of one of at most that degree.

    There k = -own(z) / pulled(z) is real, and so own(z) pulled(1/z) = own(1/z) pulled(z).

    >>> round(least_crossing(np.array([1.0, -1.0]), np.array([1.0])), 9)  # gradient descent
    2.0
    """
    pulled = np.concatenate([np.zeros(len(own) - len(pulled)), pulled])
    apart: NDArray[Any] = np.polysub(np.polymul(own, pulled[::-1]), np.polymul(own[::-1], pulled))
    z = np.roots(apart)
    z = np.append(z[np.abs(np.abs(z) - 1) < 1e-6], -1)
    # At 1 the pull is none.
    z = z[np.abs(z - 1) > 1e-6]
    with np.errstate(divide="ignore", invalid="ignore"):
        k = -np.polyval(own, z) / np.polyval(pulled, z)
    found = k.real[(np.abs(k.imag) <= 1e-6 * np.abs(k)) & (k.real > 0)]
    return float(found.min(initial=np.inf))


def _for_each(least: Callable[..., float], *columns: Floats) -> Floats:
    """A limit (frames,) for the numbers of each frame; each row of them is worked out once."""
    rows, places = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return np.array([least(*row) for row in rows])[places.reshape(-1)]


def _decoupled(run: Run) -> bool:
    return bool(run.method.params["weight_decouple"])
