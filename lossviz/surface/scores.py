"""The share of samples that a network classes right, for many networks at once."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.problem import Problem


def has_accuracy(prob: Problem) -> bool:
    """Whether the problem has classes and says how its outputs become their probabilities."""
    return prob.data.shape.task == "classification" and prob.probabilities is not None


def check_accuracy(prob: Problem) -> None:
    """Raise ValueError, with what to do, when `has_accuracy` says no."""
    if prob.data.shape.task != "classification":
        raise ValueError("Accuracy is for classes, and this problem is a regression.")
    if prob.probabilities is None:
        raise ValueError(
            "This problem does not say how its outputs become class probabilities; build it with "
            "probabilities=, say lambda outputs: outputs.softmax(-1)."
        )


def right_share(prob: Problem, outputs: Tensor, targets: Tensor) -> Tensor:
    """The share (K,) of samples whose likeliest class is right; the first of equal ones counts.

    Args:
        prob: A problem that `has_accuracy`.
        outputs: (K, N, C) of K networks.
        targets: (N,), the classes.

    Returns:
        (K,) in float64; NaN where a probability is not a number.
    """
    assert prob.probabilities is not None
    chances = prob.probabilities(outputs)
    if chances.shape[-1] == 2:  # a tenth of the time of argmax over so short a side
        said = (chances[..., 1] > chances[..., 0]).to(targets)
    else:
        said = chances.argmax(dim=-1).to(targets)
    share = (said == targets.reshape(-1)).double().mean(dim=-1)
    return torch.where(chances.isnan().any(-1).any(-1), torch.nan, share)
