"""Focal loss: cross-entropy that turns away from what is easy."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.code import call
from lossviz.problem.losses.probabilities import one_against_rest
from lossviz.problem.losses.targets import columns, columns_code
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def sigmoid_focal(outputs: Tensor, wanted: Tensor, gamma: float, alpha: float) -> Tensor:
    """Each term of the focal loss, of outputs and zeros and ones of one shape."""
    side = outputs * (2 * wanted - 1)
    # (1 - p)^gamma by logarithms, which keep their digits where p is next to 1.
    each = -(gamma * F.logsigmoid(-side)).exp() * F.logsigmoid(side)
    return each * (1 - alpha + (2 * alpha - 1) * wanted) if alpha else each


def focal(outputs: Tensor, targets: Tensor, gamma: float = 2.0, alpha: float = 0.0) -> Tensor:
    r"""Mean focal loss, of sigmoids.

    $$-\frac1{NC} \sum_{n,c} \alpha_{nc}\,(1 - p_{nc})^\gamma \log p_{nc},\quad
      p_{nc} = \sigma(\pm f_{nc})$$

    with plus for the true class and minus for the others; $\alpha_{nc}$ is $\alpha$ and
    $1 - \alpha$ there, or 1 for both without weighting.

    Args:
        outputs: Logits (..., N, C): C = 1 for two classes, else one for each class.
        targets: Class numbers (N,).
        gamma: $\gamma$, how soon what is nearly right stops counting; 0 is cross-entropy.
        alpha: $\alpha$, the weight of positives against negatives; 0 for no weighting.

    Returns:
        The losses (...). How to read them: always below the cross-entropy; only compare those with
        the same $\gamma$.
    """
    wanted = columns(targets, outputs).expand_as(outputs)
    return sigmoid_focal(outputs, wanted, gamma, alpha).mean((-2, -1))


def make_focal(classes: int, gamma: float, alpha: float) -> Criterion:
    """The criterion with this focus and this weighting."""
    return lambda outputs, targets: focal(outputs, targets, gamma, alpha)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of the formula, which stands above it."""
    wanted = columns_code(shape)
    options = {"gamma": params["gamma"], "alpha": params["alpha"]}
    text = call("sigmoid_focal", "outputs", wanted, **options)
    return Code(f"{text}.mean()", sources=(sigmoid_focal,))


losses.add(
    LossEntry(
        name="focal",
        title="Focal",
        about="Cross-entropy in which samples that are already right count for little.",
        make=make_focal,
        code=code,
        formula=r"-\frac1{NC} \sum_{n,c} \alpha_{nc} (1 - p_{nc})^\gamma \log p_{nc},\quad "
        r"p_{nc} = \sigma(\pm f_{nc})",
        gradient=r"\frac{\partial \ell}{\partial f} = \pm \alpha (1 - p)^\gamma "
        r"\left(\gamma\, p \log p + p - 1\right)",
        when="Very many easy samples and few hard ones, as in object detection. Gamma alone does "
        "not move the decision threshold: that takes alpha. Its probabilities are not sure enough.",
        over=("margin", "probability"),
        cite="Lin et al., Focal Loss for Dense Object Detection, ICCV 2017",
        params=(
            Param("gamma", 2.0, 0.0, 5.0, help="How soon what is nearly right stops counting."),
            Param(
                "alpha",
                0.0,
                0.01,
                0.99,
                off=0.0,
                help="The weight of positives; negatives have the rest of 1. 0 for no weighting.",
            ),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: 1 if shape.classes == 2 else shape.classes,
        probabilities=one_against_rest,
    )
)
