"""The sharpness that a run's optimizer stands, frame by frame, and its scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Parameter

from lossviz.curvature.frames import last_filled
from lossviz.registry import SettingError, optimizers
from lossviz.run.optimizers.limits import both_signs
from lossviz.run.rates import Rates
from lossviz.run.record import Run
from lossviz.run.stability import stability

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Limit:
    """What a sharpness is held against.

    Args:
        values: (frames,), the largest sharpness that is stable; NaN where none is known.
        rule: The limit in words; "" where none is known.
        scale: (frames, P) float64, the scales of the coordinates, or None for plain ones.
        decay: What weight decay adds to each curvature before it is scaled.
    """

    values: Floats
    rule: str
    scale: Tensor | None = None
    decay: float = 0.0


def limit_of(run: Run, preconditioned: bool = False, scale: Tensor | None = None) -> Limit:
    """The limit on a run's sharpness; see `lossviz.curvature.sharpness_along`.

    Raises:
        SettingError: When scales are wanted that are not known, or have another shape.
    """
    unknown = Limit(np.full(len(run.weights), np.nan), "")
    if scale is not None:
        return _given(run, scale)
    if run.gradient is None:
        if preconditioned and run.method.optimizer != "sgd":
            raise SettingError(
                f"The scales of {optimizers[run.method.optimizer].title} are not in this run. Race "
                "it with watch=True (up to 64 parameters), or give them as scale=; adam_scale() "
                "finds those of Adam from the weights."
            )
        return _of_sgd(run) if run.method.optimizer == "sgd" else unknown
    found = stability(run)
    if found is None:
        if preconditioned:
            raise SettingError(f"No scales are known for {run.method.optimizer!r}.")
        return unknown
    rates = run.rates
    assert rates is not None
    values = _over(found.limit, last_filled(rates.numpy().astype(np.float64)))
    if preconditioned:
        return Limit(values, found.rule, torch.from_numpy(found.scale), found.decay)
    if (found.scale == 1).all():
        return Limit(values - found.decay, found.rule)
    return unknown


def _given(run: Run, scale: Tensor) -> Limit:
    """Scales from elsewhere: the limit is that of Adam and AdamW; others have none."""
    scale = torch.as_tensor(scale, dtype=torch.float64)
    if scale.shape != run.weights.shape or not bool((scale >= 0).all()):
        raise SettingError(
            f"scale must be {tuple(run.weights.shape)} numbers of 0 or more, the scales at each "
            f"recorded frame; its shape is {tuple(scale.shape)}."
        )
    params, name = run.method.params, run.method.optimizer
    decay = 0.0 if name == "adamw" else float(params.get("weight_decay", 0.0))
    if name not in ("adam", "adamw"):
        return Limit(np.full(len(scale), np.nan), "", scale, decay)
    rates, turned = schedule_of(run)
    beta = np.where(np.isnan(turned), float(params["beta1"]), turned)
    apart = float(params["weight_decay"]) if name == "adamw" else 0.0
    kept = 1 - rates * apart if apart else np.ones_like(rates)
    rule = f"{both_signs(kept)} / (1 - beta1) / scaled curvature"
    return Limit(_over((1 + kept) * (1 + beta) / (1 - beta), rates), rule, scale, decay)


def _of_sgd(run: Run) -> Limit:
    """Gradient descent, heavy ball and Nesterov, as in `lossviz.run.optimizers.limits`."""
    params = run.method.params
    rates, turned = schedule_of(run)
    mu = np.where(np.isnan(turned), float(params["momentum"]), turned)
    decay = float(params["weight_decay"])
    if params["momentum"] == 0:
        limit, rule = np.full_like(mu, 2.0), "2 / curvature"
    elif params["nesterov"]:
        limit = (2 + 2 * mu) / (1 + 2 * mu)
        rule = "(2 + 2 momentum) / (1 + 2 momentum) / curvature"
    else:
        limit = _over(2 + 2 * mu, np.full_like(mu, 1 - float(params["dampening"])))
        rule = "(2 + 2 momentum) / curvature"
        if params["dampening"]:
            rule = "(2 + 2 momentum) / (1 - dampening) / curvature"
    return Limit(_over(limit, rates) - decay, rule)


def schedule_of(run: Run) -> tuple[Floats, Floats]:
    """The learning rate, and the momentum where it is turned, (frames,) each, in force."""
    method = run.method
    steps = int(run.recorded[-1]) if run.experiment is None else run.experiment.steps
    if run.experiment is None and run.status.kind != "finished" and method.schedule != "constant":
        # How long it was meant to be, and so where its schedule stood, is not known.
        nothing = np.full(len(run.recorded), np.nan)
        return nothing, nothing
    optimizer = optimizers[method.optimizer].make([Parameter(torch.zeros(1))], **method.params)
    rates = Rates.of(optimizer, method.schedule, method.schedule_params, steps)
    return rates.after(run.recorded), rates.momenta_after(run.recorded)


def _over(limit: Floats, rates: Floats) -> Floats:
    """The limit as a sharpness; infinite where nothing is stepped."""
    with np.errstate(divide="ignore"):
        return limit / rates
