"""Soft F1, also called Dice loss: the F1 score with probabilities in place of decisions."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lossviz.problem.code import call
from lossviz.problem.losses.probabilities import one_against_rest
from lossviz.problem.losses.targets import columns, columns_code
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def soft_dice(chances: Tensor, wanted: Tensor, smooth: float) -> Tensor:
    """One less the soft F1 score of each column, of chances and zeros and ones (..., N, C)."""
    both = (chances * wanted).mean(-2)
    return 1 - (2 * both + smooth) / (chances.mean(-2) + wanted.mean(-2) + smooth)


def soft_f1(outputs: Tensor, targets: Tensor, smooth: float = 1e-3) -> Tensor:
    r"""One less the soft F1 score of the positives, or the mean of that over the classes.

    $$1 - \frac1C \sum_c \frac{2\,\overline{p_c t_c} + s}
        {\overline{p_c} + \overline{t_c} + s},\quad p_{nc} = \sigma(f_{nc})$$

    with bars for means over the samples. F1 itself counts decisions, so its slope is zero almost
    everywhere; with probabilities in their place it can be lowered. It is no mean over samples: on
    a small batch it is another number than on all of them.

    Args:
        outputs: Logits (..., N, C): C = 1 for two classes, else one for each class.
        targets: Class numbers (N,).
        smooth: $s$, which keeps the quotient a number where there are no positives.

    Returns:
        The losses (...). How to read them: 0 is perfect, 1 finds none of the positives.
    """
    wanted = columns(targets, outputs).expand_as(outputs)
    return soft_dice(outputs.sigmoid(), wanted, smooth).mean(-1)


def make_soft_f1(classes: int, smooth: float) -> Criterion:
    """The criterion with this smoothing."""
    return lambda outputs, targets: soft_f1(outputs, targets, smooth)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of the formula, which stands above it."""
    text = call("soft_dice", "outputs.sigmoid()", columns_code(shape), smooth=params["smooth"])
    return Code(f"{text}.mean()", sources=(soft_dice,))


losses.add(
    LossEntry(
        name="soft_f1",
        title="Soft F1 (Dice)",
        about="The F1 score with probabilities in place of decisions, so that it has a slope.",
        make=make_soft_f1,
        code=code,
        formula=r"1 - \frac1C \sum_c \frac{2\,\overline{p_c t_c} + s}"
        r"{\overline{p_c} + \overline{t_c} + s},\quad p_{nc} = \sigma(f_{nc})",
        gradient=r"\frac{\partial L}{\partial f_n} = "
        r"-\frac{2 t_n - F}{N(\bar p + \bar t + s)}\,p_n (1 - p_n),\quad F = 1 - L",
        when="Rare positives, when F1 is what counts, and parts of pictures. It looks at the batch "
        "as a whole, so batches should be large. Its outputs are decisions, not probabilities.",
        over=("margin", "probability"),
        cite="Milletari, Navab and Ahmadi, V-Net, 3DV 2016; F1: van Rijsbergen, Information "
        "Retrieval (1979)",
        params=(
            Param(
                "smooth",
                1e-3,
                1e-6,
                1.0,
                "log",
                help="Keeps the quotient a number where there are no positives.",
            ),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: 1 if shape.classes == 2 else shape.classes,
        probabilities=one_against_rest,
        whole=True,
    )
)
