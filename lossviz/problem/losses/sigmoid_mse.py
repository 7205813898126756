"""Squared error behind a sigmoid: what not to do, and why it was done for long."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lossviz.problem.code import call
from lossviz.problem.losses.probabilities import one_against_rest
from lossviz.problem.losses.targets import columns, columns_code
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Shape, Value, losses


def sigmoid_mse(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Mean squared error of probabilities $\frac1{NC} \sum_{n,c} (\sigma(f_{nc}) - t_{nc})^2$.

    Its slope has the factor $\sigma (1 - \sigma)$, which vanishes where the model is sure, also
    where it is surely wrong: there it hardly learns. Cross-entropy's slope has no such factor.

    Args:
        outputs: Logits (..., N, C): C = 1 for two classes, else one for each class.
        targets: Class numbers (N,).

    Returns:
        The losses (...). How to read them: 1/4 is what guessing scores on even classes, 1 is the
        most there is.
    """
    return (outputs.sigmoid() - columns(targets, outputs)).square().mean((-2, -1))


def make_sigmoid_mse(classes: int) -> Criterion:
    """The criterion; it has no options."""
    return sigmoid_mse


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.mse_loss`."""
    return Code(call("F.mse_loss", "outputs.sigmoid()", columns_code(shape)))


losses.add(
    LossEntry(
        name="sigmoid_mse",
        title="Squared error behind a sigmoid",
        about="The squared error of probabilities: it hardly learns where it is surely wrong.",
        make=make_sigmoid_mse,
        code=code,
        formula=r"\frac1{NC} \sum_{n,c} \left(\sigma(f_{nc}) - t_{nc}\right)^2",
        gradient=r"\frac{\partial \ell}{\partial f} = 2\,(p - t)\,p\,(1 - p),\quad p = \sigma(f)",
        when="To measure probabilities (as the Brier score), rather than to train: the factor "
        "p (1 - p) stops it where it is surely wrong. It forgives wrong labels more than "
        "cross-entropy does.",
        over=("margin", "probability"),
        cite="Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather "
        "Review 78 (1950)",
        tasks=frozenset({"classification"}),
        outputs=lambda shape: 1 if shape.classes == 2 else shape.classes,
        probabilities=one_against_rest,
    )
)
