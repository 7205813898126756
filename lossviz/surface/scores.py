"""The share of samples that a network classes right, for many networks at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lossviz.problem.losses.probabilities import nearest_distribution, one_against_rest, softmax
from lossviz.problem.problem import Problem

#: Probabilities in the order of the outputs, so that the largest output is the likeliest class, and
#: the probabilities themselves need not be computed.
IN_ORDER: tuple[Callable[[Tensor], Tensor], ...] = (
    softmax,
    one_against_rest,
    nearest_distribution,
)
#: Up to so many classes are compared one by one; over a short side torch's argmax takes ten times
#: as long.
FEW = 32


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
        (K,) in the precision of the outputs; NaN where one of them is not a number.
    """
    assert prob.probabilities is not None
    if prob.probabilities not in IN_ORDER or outputs.shape[-1] == 1:
        outputs = prob.probabilities(outputs.contiguous())
    right = _likeliest(outputs, targets).sum(dim=-1).to(outputs) / max(1, len(targets))
    known = ~outputs.amax(dim=(-2, -1)).isnan()
    return torch.where(known, right, torch.nan)


def _likeliest(values: Tensor, targets: Tensor) -> Tensor:
    """Whether the class of the largest value is the target, (K, N)."""
    targets = targets.reshape(-1)
    classes = values.shape[-1]
    if classes == 2:
        return (values[..., 1] > values[..., 0]).logical_xor(targets == 0)
    if classes > FEW:
        return values.argmax(dim=-1) == targets
    best, right = values[..., 0], (targets == 0).expand(values.shape[:-1])
    for place in range(1, classes):
        other = values[..., place]
        right = torch.where(other > best, targets == place, right)
        best = torch.maximum(best, other)
    return right
