"""Cross-entropy in which rare classes count more."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lossviz.problem.losses.probabilities import softmax
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def class_weights(targets: Tensor, classes: int, strength: float) -> Tensor:
    """The weight (C,) of each class: its number of samples to the power of minus ``strength``.

    >>> class_weights(torch.tensor([0, 0, 0, 0, 1]), 3, 1.0).tolist()
    [0.25, 1.0, 1.0]
    """
    # `torch.bincount` looks at the values, which vmap does not allow.
    counts = (targets.unsqueeze(-1) == torch.arange(classes, device=targets.device)).sum(-2)
    return counts.clamp(min=1).to(torch.float64) ** -strength


def weighted_cross_entropy(outputs: Tensor, targets: Tensor, strength: float = 1.0) -> Tensor:
    r"""Cross-entropy with weights for the classes, divided by the sum of the weights.

    $$\frac{\sum_n w_{y_n} \ell_n}{\sum_n w_{y_n}},\quad
      \ell_n = -\log \frac{e^{f_{n,y_n}}}{\sum_c e^{f_{n,c}}},\quad w_c = N_c^{-s}$$

    with $N_c$ the number of samples of class $c$ in the batch. Equal to
    `torch.nn.functional.cross_entropy` with these weights.

    Args:
        outputs: Logits (..., N, C), C at least 2.
        targets: Class numbers (N,).
        strength: $s$: with 0 all samples count the same, with 1 all classes do.

    Returns:
        The losses (...). How to read them: with $s = 1$ the mean of the classes' mean losses.
    """
    weights = class_weights(targets, outputs.shape[-1], strength).to(outputs.dtype)[targets]
    index = targets.unsqueeze(-1).expand(*outputs.shape[:-1], 1)
    each = (outputs - outputs.gather(-1, index)).logsumexp(-1)
    return (weights * each).sum(-1) / weights.sum()


def make_weighted_cross_entropy(classes: int, strength: float) -> Criterion:
    """The criterion with this strength of the weights."""
    return lambda outputs, targets: weighted_cross_entropy(outputs, targets, strength)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.cross_entropy` with the weights."""
    weights = f"class_weights(targets, {shape.classes}, {params['strength']!r}).to(outputs.dtype)"
    return Code(f"F.cross_entropy(outputs, targets, weight={weights})", sources=(class_weights,))


losses.add(
    LossEntry(
        name="weighted_cross_entropy",
        title="Class-weighted cross-entropy",
        about="Cross-entropy in which each class counts the same, however rare it is.",
        make=make_weighted_cross_entropy,
        code=code,
        formula=r"\frac{\sum_n w_{y_n} \ell_n}{\sum_n w_{y_n}},\quad \ell_n = -\log p_{n,y_n},"
        r"\quad w_c = N_c^{-s}",
        gradient=r"\frac{\partial \ell}{\partial f_c} \propto w_y (p_c - [c = y])",
        when="Classes of very different sizes, when missing a rare one is as bad as missing a "
        "common one. The probabilities are those of a world in which all are equally common.",
        over=("margin", "probability"),
        cite="King and Zeng, Logistic Regression in Rare Events Data, Political Analysis 9 (2001)",
        params=(
            Param("strength", 1.0, 0.0, 1.0, help="0: all samples count the same; 1: all classes."),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: shape.classes,
        probabilities=softmax,
        whole=True,
    )
)
