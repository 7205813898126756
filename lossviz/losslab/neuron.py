"""One neuron that is surely wrong: the squared error behind a sigmoid against cross-entropy.

The squared error is taken with one half, as is usual for this lesson (Nielsen, Neural Networks and
Deep Learning, 2015, chapter 3): p^2 / 2 against -log(1 - p), for the target 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: The losses that race: the squared error and cross-entropy.
LOSSES = ("squared", "entropy")


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient descent of p = sigmoid(w + b) towards the target 0, on one sample whose input is 1.

    Args:
        loss: One of `LOSSES`.
        logit: (T + 1,) w + b at the steps 0 to T.
        chance: (T + 1,) the probability p.
        value: (T + 1,) the loss.
        slope: (T + 1,) its slope in w, which is the same in b.
        reached: The first step at which p is below the wanted probability, or -1.
    """

    loss: str
    logit: np.ndarray
    chance: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    reached: int


def descents(
    start: tuple[float, float], lr: float, below: float, steps: int
) -> tuple[Descent, Descent]:
    """The squared error's way and cross-entropy's, with the same start and learning rate.

    Both weights have the same gradient, so that their sum z moves by $-2\\eta\\,\\ell'(z)$: what
    `torch.optim.SGD` does with them, step by step.

    How to read it: cross-entropy's slope is p itself, large where the neuron is wrong; the squared
    error's has the factor p (1 - p) besides, which is next to nothing there.

    Args:
        start: The weight and the bias at first.
        lr: The learning rate.
        below: The probability to get below.
        steps: How many steps are taken.

    >>> [one.reached for one in descents((2.0, 2.0), 0.15, 0.1, 500)]
    [469, 50]
    """
    squared, entropy = (_descent(name, start, lr, below, steps) for name in LOSSES)
    return squared, entropy


def slope_at(loss: str, logit: np.ndarray) -> np.ndarray:
    """The slope in the logit of a sample of class 0.

    >>> slope_at("entropy", np.zeros(1)), slope_at("squared", np.zeros(1))
    (array([0.5]), array([0.125]))
    """
    p = sigmoid(logit)
    return p if loss == "entropy" else p * p * sigmoid(-logit)


def value_at(loss: str, logit: np.ndarray) -> np.ndarray:
    """The loss of a sample of class 0."""
    return np.logaddexp(0.0, logit) if loss == "entropy" else sigmoid(logit) ** 2 / 2


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    return np.exp(-np.logaddexp(0.0, -logit))


def _descent(loss: str, start: tuple[float, float], lr: float, below: float, steps: int) -> Descent:
    pull = _PULLS[loss]
    logit = np.empty(steps + 1)
    w, b = start
    for step in range(steps + 1):
        logit[step] = z = w + b
        slope = pull(z)
        w, b = w - lr * slope, b - lr * slope
    chance = sigmoid(logit)
    near = chance < below
    reached = int(near.argmax()) if near.any() else -1
    return Descent(loss, logit, chance, value_at(loss, logit), slope_at(loss, logit), reached)


def _chance(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


# The loop takes one number at a time, which numpy is slow at.
_PULLS: dict[str, Callable[[float], float]] = {
    "entropy": _chance,
    "squared": lambda z: _chance(z) ** 2 * _chance(-z),
}
