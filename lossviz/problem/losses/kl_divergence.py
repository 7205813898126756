"""Kullback-Leibler divergence from softened targets: cross-entropy less what cannot be gained."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from lossviz.problem.losses.cross_entropy import cross_entropy
from lossviz.problem.losses.probabilities import softmax
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def entropy_of_smoothed(classes: int, smoothing: float) -> float:
    """The entropy in nats of a target with this much label smoothing.

    >>> round(entropy_of_smoothed(2, 0.2), 4)
    0.3251
    """
    true, other = 1 - smoothing + smoothing / classes, smoothing / classes
    shares = [true, *[other] * (classes - 1)]
    return -sum(share * math.log(share) for share in shares if share > 0)


def kl_divergence(outputs: Tensor, targets: Tensor, smoothing: float = 0.1) -> Tensor:
    r"""Mean divergence of the predicted distribution from the softened target.

    $$\frac1N \sum_n \sum_c t_{nc} \log \frac{t_{nc}}{p_{nc}},\quad
      t_{nc} = (1 - \varepsilon)\,[c = y_n] + \frac{\varepsilon}{C}$$

    It is the cross-entropy less the entropy of the target, so its slope is the same. Equal to
    `torch.nn.functional.kl_div` of the logarithms of the softmax.

    Args:
        outputs: Logits (..., N, C), C at least 2.
        targets: Class numbers (N,).
        smoothing: $\varepsilon$, the share of the target that is spread over all classes.

    Returns:
        The losses (...). How to read them: 0 where the model says exactly the target.
    """
    constant = entropy_of_smoothed(outputs.shape[-1], smoothing)
    return cross_entropy(outputs, targets, smoothing) - constant


def make_kl_divergence(classes: int, smoothing: float) -> Criterion:
    """The criterion with this much smoothing."""
    return lambda outputs, targets: kl_divergence(outputs, targets, smoothing)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.kl_div`."""
    smoothing, classes = params["smoothing"], shape.classes
    hot = f"F.one_hot(targets, {classes}).to(outputs.dtype)"
    target = f"(1 - {smoothing!r}) * {hot} + {smoothing!r} / {classes}"
    return Code(f'F.kl_div(outputs.log_softmax(1), {target}, reduction="batchmean")')


losses.add(
    LossEntry(
        name="kl_divergence",
        title="KL divergence",
        about="How far the predicted distribution is from a softened target, 0 when they agree.",
        make=make_kl_divergence,
        code=code,
        formula=r"\frac1N \sum_n \sum_c t_{nc} \log \frac{t_{nc}}{p_{nc}},\quad "
        r"t_{nc} = (1 - \varepsilon)\,[c = y_n] + \frac{\varepsilon}{C}",
        gradient=r"\frac{\partial \ell}{\partial f_c} = p_c - t_c",
        when="When the target is itself a distribution: softened labels, another model's answers. "
        "It trains as cross-entropy does, and its least value is 0.",
        over=("margin", "probability"),
        cite="Kullback and Leibler, On Information and Sufficiency, Ann. Math. Stat. 22 (1951)",
        params=(
            Param("smoothing", 0.1, 0.0, 0.5, help="The share that is spread over all classes."),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: shape.classes,
        probabilities=softmax,
    )
)
