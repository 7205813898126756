"""Binary cross-entropy of logits, for two classes or for each class against the rest."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.code import call
from lossviz.problem.losses.probabilities import one_against_rest
from lossviz.problem.losses.targets import columns, columns_code
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def bce_with_logits(outputs: Tensor, targets: Tensor, pos_weight: float = 1.0) -> Tensor:
    r"""Mean binary cross-entropy, positives weighted.

    $$L = -\frac1{NC} \sum_{n,c} \left[w\, t_{nc} \log \sigma(f_{nc})
        + (1 - t_{nc}) \log \sigma(-f_{nc})\right]$$

    Equal to `torch.nn.functional.binary_cross_entropy_with_logits`.

    Args:
        outputs: Logits (..., N, C): C = 1 for two classes, else one for each class.
        targets: Class numbers (N,); $t$ is one for the true class.
        pos_weight: $w$, how many times as much a positive counts.

    Returns:
        The losses (...). How to read them: $\log 2$ is what guessing scores on even classes.
    """
    positive = columns(targets, outputs)
    each = F.logsigmoid(outputs * (2 * positive - 1))
    if pos_weight != 1.0:
        each = each * (1 + (pos_weight - 1) * positive)
    return -each.mean((-2, -1))


def make_bce_with_logits(classes: int, pos_weight: float) -> Criterion:
    """The criterion with this weight of the positives."""
    return lambda outputs, targets: bce_with_logits(outputs, targets, pos_weight)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.binary_cross_entropy_with_logits`."""
    arguments = ["outputs", columns_code(shape)]
    if params["pos_weight"] != 1.0:
        arguments.append(f"pos_weight=outputs.new_tensor({params['pos_weight']!r})")
    return Code(call("F.binary_cross_entropy_with_logits", *arguments))


losses.add(
    LossEntry(
        name="bce_with_logits",
        title="Binary cross-entropy",
        about="One yes-or-no question for two classes, or one for each of many classes.",
        make=make_bce_with_logits,
        code=code,
        formula=r"-\frac1{NC} \sum_{n,c} \bigl[w\,t_{nc} \log \sigma(f_{nc}) "
        r"+ (1 - t_{nc}) \log \sigma(-f_{nc})\bigr]",
        gradient=r"\frac{\partial \ell}{\partial f} = (1 - t)\,\sigma(f) - w\,t\,\sigma(-f)",
        when="Yes or no, or several labels at once. With rare positives a weight above 1 finds "
        "more of them, at the price of false alarms, and its probabilities are then too high.",
        over=("margin", "probability"),
        cite="Cox, The Regression Analysis of Binary Sequences, J. R. Stat. Soc. B 20 (1958)",
        params=(
            Param(
                "pos_weight",
                1.0,
                0.01,
                100.0,
                "log",
                help="How many times as much a positive counts; for rare positives, above 1.",
                title="weight of positives",
            ),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: 1 if shape.classes == 2 else shape.classes,
        probabilities=one_against_rest,
    )
)
