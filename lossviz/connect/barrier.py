"""How much higher the loss gets between two networks than at them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Barrier:
    """The highest rise of the loss between two ends.

    How to read it: 0 means that the loss nowhere rises above the straight line between its two
    ends' values: the two networks lie in one valley. What counts as a barrier in practice is a
    question of scale; compare it with the loss at the ends and with the loss at the start of
    training.

    Args:
        height: In units of the loss; 0 or more, infinite where the loss between is not finite, NaN
            where that at an end is not.
        where: The t at which it is found, between 0 and 1.
    """

    height: float
    where: float


def barrier_of(t: Tensor, loss: Tensor) -> Barrier:
    r"""The barrier of a profile of the loss.

    $$\max_{t \in [0, 1]} L(t) - ((1 - t) L(0) + t L(1))$$

    Source: Frankle, Dziugaite, Roy and Carbin, "Linear Mode Connectivity and the Lottery Ticket
    Hypothesis", 2020. (They subtract the mean of the two ends, which is the same where both ends
    have one loss; Entezari et al. 2022 use the form given here.)

    Args:
        t: (n,), with 0 and 1 among them; what lies outside of [0, 1] does not count.
        loss: (n,).

    Raises:
        ValueError: When the sizes differ, or 0 or 1 is not there.

    >>> barrier_of(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 4.0, 3.0]))
    Barrier(height=2.0, where=0.5)
    """
    if t.dim() != 1 or t.shape != loss.shape:
        raise ValueError(
            f"Got {tuple(t.shape)} values of t and {tuple(loss.shape)} losses; one for each."
        )
    if not (t == 0).any() or not (t == 1).any():
        raise ValueError("A barrier needs the loss at both ends, at t = 0 and at t = 1.")
    inside = (t >= 0) & (t <= 1)
    t, loss = t[inside].double(), loss[inside].double()
    first, last = loss[t == 0][0], loss[t == 1][0]
    rise = loss - ((1 - t) * first + t * last)
    if not bool(first.isfinite() & last.isfinite()):
        return Barrier(float("nan"), float("nan"))
    # A mixture of the two ends' losses rounds a little at the ends themselves.
    rise[(t == 0) | (t == 1)] = 0.0
    rise = rise.nan_to_num(nan=torch.inf, posinf=torch.inf)
    place = int(rise.argmax())
    return Barrier(float(rise[place]), float(t[place]))
