"""Hinge loss: push the true class ahead by a margin, then stop caring."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.code import call, changed
from lossviz.problem.losses.probabilities import softmax
from lossviz.problem.losses.targets import signs
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def hinge(outputs: Tensor, targets: Tensor, margin: float = 1.0, squared: bool = False) -> Tensor:
    r"""Mean hinge loss.

    One output, with $y = \pm 1$: $\frac1N \sum_n \max(0,\, m - y_n f_n)$.

    Many outputs, the sum of Weston and Watkins as torch's `multi_margin_loss` has it:
    $\frac1{NC} \sum_n \sum_{c \ne y_n} \max(0,\, m - f_{n,y_n} + f_{n,c})$.

    Args:
        outputs: Scores (..., N, C): C = 1 for two classes, else one for each class.
        targets: Class numbers (N,).
        margin: $m$, how far ahead the true class should be.
        squared: Whether each term is squared, which makes the loss smooth at the hinge.

    Returns:
        The losses (...). How to read them: 0 as soon as every sample is right by the margin.
    """
    if outputs.shape[-1] == 1:
        short = (margin - outputs[..., 0] * signs(targets, outputs)).clamp(min=0)
        return (short.square() if squared else short).mean(-1)
    index = targets.unsqueeze(-1).expand(*outputs.shape[:-1], 1)
    short = (margin + outputs - outputs.gather(-1, index)).clamp(min=0)
    if squared:
        short = short.square()
    # The true class is in the sum with exactly the margin, whatever the outputs.
    own = margin**2 if squared else margin
    return (short.sum(-1) - own).mean(-1) / outputs.shape[-1]


def make_hinge(classes: int, margin: float, squared: bool) -> Criterion:
    """The criterion with this margin."""
    return lambda outputs, targets: hinge(outputs, targets, margin, squared)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """The formula for one output, or a call of `torch.nn.functional.multi_margin_loss`."""
    margin, squared = params["margin"], bool(params["squared"])
    if shape.classes == 2:
        short = f"({margin!r} - outputs[:, 0] * (2 * targets - 1)).clamp(min=0)"
        return Code(f"{short}{'.square()' * squared}.mean()")
    options = changed(F.multi_margin_loss, {"p": 1 + squared, "margin": margin})
    return Code(call("F.multi_margin_loss", "outputs", "targets", **options))


losses.add(
    LossEntry(
        name="hinge",
        title="Hinge",
        about="The support vector machine's: only samples within the margin pull. Its scores are "
        "no probabilities; pictures squash them for display.",
        make=make_hinge,
        code=code,
        formula=r"\frac1N \sum_n \max(0,\, m - y_n f_n),\quad "
        r"\frac1{NC} \sum_n \sum_{c \ne y_n} \max(0,\, m - f_{n,y_n} + f_{n,c})",
        gradient=r"\frac{\partial \ell}{\partial f} = -y\,[y f < m],\quad "
        r"\text{squared: } -2y \max(0, m - y f)",
        when="When only the decision counts, not its probability: samples that are right by the "
        "margin no longer pull. Squared, it is smooth, and outliers pull harder.",
        over=("margin",),
        cite="Cortes and Vapnik, Support-Vector Networks, Machine Learning 20 (1995); many "
        "classes: Weston and Watkins, ESANN 1999",
        params=(
            Param("margin", 1.0, 0.1, 10.0, "log", help="How far ahead the true class should be."),
            Param("squared", False, help="Square each term, which smooths the corner."),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: 1 if shape.classes == 2 else shape.classes,
        probabilities=softmax,
    )
)
