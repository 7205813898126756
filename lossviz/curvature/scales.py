"""The scales that an optimizer gave the coordinates, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lossviz.curvature.limit import limit_of, schedule_of
from lossviz.problem.problem import Batch, Problem
from lossviz.registry import SettingError
from lossviz.run.batches import Batches
from lossviz.run.record import Run


def adam_scale(problem: Problem, run: Run) -> Tensor:
    r"""The scales (frames, P) that Adam or AdamW held along a run of which every step is recorded.

    The gradients at the recorded weights are computed again, on the very batches of the run, and
    with them the mean squares:

    $$D_t = \frac{1}{(1 - \beta_1^{t+1}) (\sqrt{v_{t+1} / (1 - \beta_2^{t+1})} + \epsilon)}$$

    as in `lossviz.run.stability`; at the last frame, where no step follows, those of the last step.
    The batches are known from the run's experiment; a run that was made on a problem of one's own
    counts as one with all samples in each step.

    Args:
        problem: What was lowered.
        run: Its run.

    Raises:
        SettingError: For another optimizer, a turned momentum, a problem whose training draws more
            than batches, or a run that did not record every step.
    """
    _check(problem, run)
    params = run.method.params
    beta1, beta2, eps = (float(params[key]) for key in ("beta1", "beta2", "eps"))
    decay = 0.0 if run.method.optimizer == "adamw" else float(params["weight_decay"])
    found = torch.empty(run.weights.shape, dtype=torch.float64)
    mean = highest = torch.zeros(run.weights.shape[1], dtype=torch.float64)
    batches = _batches(problem, run)
    for t, (row, batch) in enumerate(zip(run.weights[:-1], batches, strict=False), start=1):
        slope = _slope(problem, row, batch) + decay * row.to("cpu", torch.float64)
        mean = beta2 * mean + (1 - beta2) * slope.square()
        highest = torch.maximum(highest, mean) if params["amsgrad"] else mean
        root = (highest / (1 - beta2**t)).sqrt()
        found[t - 1] = 1 / ((root + eps) * (1 - beta1**t))
    found[-1] = found[-2] if len(found) > 1 else torch.nan
    return found


def scale_at(problem: Problem, run: Run, step: int = -1) -> tuple[Tensor, Tensor]:
    """The weights (P,) and the optimizer's scales (P,) in float64 for the step that follows.

    They come from a watched run, or for Adam and AdamW from `adam_scale`.

    Args:
        problem: What was lowered.
        run: Its run.
        step: The number of a recorded step; -1 is the last one, others from the end likewise.

    Raises:
        SettingError: When the step was not recorded, or the scales are not known or not finite.
    """
    theta = run.space.flatten(run.params(step))
    number = step if step >= 0 else int(run.recorded[max(step, -len(run.recorded))])
    frame = int(np.searchsorted(run.recorded, number))
    if run.gradient is not None:
        known = limit_of(run, preconditioned=True).scale
        scale = torch.ones(theta.shape, dtype=torch.float64) if known is None else known[frame]
    else:
        # The scales of a step need nothing that came after it.
        last = min(frame + 2, len(run.weights))
        part = replace(run, weights=run.weights[:last], recorded=run.recorded[:last])
        scale = adam_scale(problem, part)[frame]
    if not bool((scale.isfinite() & (scale > 0)).all()):
        raise SettingError(
            f"The optimizer's scales at step {number} are not finite numbers above 0; take a step "
            "after the first one."
        )
    return theta, scale


def _check(problem: Problem, run: Run) -> None:
    """Raise SettingError where Adam's scales do not follow from the weights."""
    name = run.method.optimizer
    if name not in ("adam", "adamw"):
        raise SettingError(
            f"Adam's scales cannot be found again from this run: the optimizer is {name!r}."
        )
    problems = {
        "its gradients had noise": problem.noise is not None,
        "its training drew more than batches": problem.disturbance is not None,
        "not every step was recorded": bool((np.diff(run.recorded) != 1).any()),
        "its schedule turns beta1": not np.isnan(schedule_of(run)[1]).all(),
    }
    for reason, holds in problems.items():
        if holds:
            raise SettingError(f"Adam's scales cannot be found again from this run: {reason}.")


def _batches(problem: Problem, run: Run) -> Iterator[Batch]:
    """The batches of a run, in their order, without end."""
    exp = run.experiment
    size, seed = (exp.batch_size, exp.seed) if exp is not None else (0, 0)
    batches = Batches(problem.batch(), size, Batches.begin(seed))
    while True:
        yield batches.current()
        batches.advance()


def _slope(problem: Problem, row: Tensor, batch: Batch) -> Tensor:
    leaf = row.to(problem.theta0).clone().requires_grad_()
    with torch.enable_grad():
        loss = problem.loss(problem.space.unflatten(leaf), batch)
    return torch.autograd.grad(loss, leaf, materialize_grads=True)[0].to("cpu", torch.float64)
