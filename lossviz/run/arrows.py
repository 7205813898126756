"""What pulls at the head of a path: the gradient, the momentum, and the step that comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossviz.run.worked import Worked, worked

if TYPE_CHECKING:
    from lossviz.run.record import Run

Floats = NDArray[np.float64]


def arrows(run: Run) -> dict[str, Floats]:
    """Vectors (frames, P) in the units of the weights, to be drawn from ``run.weights``.

    "gradient": the step that the gradient alone would make, with the rates of `effective_rates`.
    "momentum": the step along what the optimizer holds in its place, say its running mean; only
    there where it has one. "step": the step that was taken, NaN at the last frame.

    Args:
        run: A watched run.

    >>> from lossviz.problem import point_problem
    >>> from lossviz.run import Method, race_on
    >>> bowl = point_problem(lambda x, y: x**2 + y**2, (1.0, 2.0))
    >>> heavy = Method("sgd", {"lr": 0.25, "momentum": 0.5})
    >>> drawn = arrows(race_on(bowl, [heavy], 3, watch=True)[0])
    >>> {name: vectors[1].tolist() for name, vectors in drawn.items()}
    {'gradient': [-0.25, -0.5], 'momentum': [-0.5, -1.0], 'step': [-0.5, -1.0]}
    """
    shown = worked(run)
    rates = _rates(run, shown)
    step = np.full(run.weights.shape, np.nan)
    step[:-1] = np.diff(run.weights.numpy().astype(np.float64), axis=0)
    pull = _gradient(run) if shown is None else shown.values[shown.pull]
    found = {"gradient": -rates * pull}
    if shown is not None and shown.momentum:
        found["momentum"] = -rates * shown.values[shown.momentum]
    return {**found, "step": step}


def effective_rates(run: Run) -> Floats:
    """The learning rate (frames, P) that each coordinate really has.

    It multiplies the gradient, or what stands in its place: lr in SGD, lr / (sqrt(v) + eps) in
    Adam, the size of the step in Rprop, which has nothing but its sign. At the last frame it is
    that of the last step.

    Args:
        run: A watched run.
    """
    return _rates(run, worked(run))


def _rates(run: Run, shown: Worked | None) -> Floats:
    if run.rates is None:
        raise ValueError("This run was not watched; race it with watch=True.")
    rate = run.rates.numpy().astype(np.float64)[:, None]
    scale = np.ones(run.weights.shape)
    if shown is not None and shown.scale:
        scale = shown.values[shown.scale]
    rates = rate * scale
    if len(rates) > 1:
        rates[-1] = np.where(np.isnan(rates[-1]), rates[-2], rates[-1])
    return rates


def _gradient(run: Run) -> Floats:
    assert run.gradient is not None
    return run.gradient.numpy().astype(np.float64)
