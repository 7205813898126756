"""Cross-entropy of the softmax over the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.code import call, changed
from lossviz.problem.losses.probabilities import softmax
from lossviz.problem.losses.targets import signs
from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Param, Shape, Value, losses


def cross_entropy(outputs: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    r"""Mean negative log-probability of the true class.

    $$L = -\frac1N \sum_n \log \frac{e^{f_{n,y_n}}}{\sum_c e^{f_{n,c}}}$$

    With label smoothing $\varepsilon$ the target is $(1 - \varepsilon)$ on the true class plus
    $\varepsilon / C$ on every class. Equal to `torch.nn.functional.cross_entropy`.

    Args:
        outputs: Logits (..., N, C), C at least 2.
        targets: Class numbers (N,).
        label_smoothing: $\varepsilon$, from 0 to 1.

    Returns:
        The losses (...). How to read them: $\log C$ is what guessing scores, 0 is certainty.
    """
    if outputs.shape[-1] == 2:
        # With two classes only the difference counts, and this form costs half as much.
        margin = (outputs[..., 1] - outputs[..., 0]) * signs(targets, outputs)
        each = -F.logsigmoid(margin)
        if label_smoothing:
            each = each + (label_smoothing / 2) * margin
        return each.mean(-1)
    index = targets.unsqueeze(-1).expand(*outputs.shape[:-1], 1)
    # Relative to the true class's logit the sum keeps its digits, and is a third of the cost of
    # log_softmax.
    relative = outputs - outputs.gather(-1, index)
    each = relative.logsumexp(-1)
    if label_smoothing:
        each = each - label_smoothing * relative.mean(-1)
    return each.mean(-1)


class CrossEntropy:
    """`cross_entropy` as a criterion, with its slope in closed form where there are two classes."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing
        self._known: _Constants | None = None

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The losses (...)."""
        return cross_entropy(outputs, targets, self.label_smoothing)

    def with_slope(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor] | None:
        """The losses (...) and their slopes at the outputs (..., N, C); None where autograd is to.

        The kernels are those that autograd calls, so the bits are the same, in a third of the time.
        """
        if outputs.shape[-1] != 2:
            return None
        known = self._known
        if known is None or not known.fit(outputs, targets):
            known = self._known = _Constants.of(outputs, targets)
        margin = (outputs[..., 1] - outputs[..., 0]) * known.side
        log_chance, buffer = torch.ops.aten.log_sigmoid_forward(margin)
        slope = torch.ops.aten.log_sigmoid_backward(known.pull, margin, buffer)
        each = -log_chance
        if self.label_smoothing:
            each = each + (self.label_smoothing / 2) * margin
            slope = slope - known.pull * (self.label_smoothing / 2)
        return each.mean(-1), slope.unsqueeze(-1) * known.sides


@dataclass(frozen=True, eq=False)
class _Constants:
    """What the slopes take from targets and shapes: the same at every step with full batches.

    Args:
        targets: (N,), and how often they had been written into.
        side: Their signs (N,).
        sides: The signs (N, 2) of the two classes' slopes.
        pull: The slopes (..., N) of the mean at each sample's logarithm.
    """

    targets: Tensor
    version: int
    side: Tensor
    sides: Tensor
    pull: Tensor

    @classmethod
    def of(cls, outputs: Tensor, targets: Tensor) -> _Constants:
        side = signs(targets, outputs)
        pull = side.new_full((), -1 / outputs.shape[-2]).expand(outputs.shape[:-1])
        return cls(targets, targets._version, side, torch.stack([-side, side], -1), pull)

    def fit(self, outputs: Tensor, targets: Tensor) -> bool:
        """Whether they are those of these targets and outputs."""
        return (
            self.targets is targets
            and self.version == targets._version
            and self.side.dtype == outputs.dtype
            and self.pull.shape == outputs.shape[:-1]
        )


def make_cross_entropy(classes: int, label_smoothing: float) -> Criterion:
    """The criterion with this much label smoothing."""
    return CrossEntropy(label_smoothing)


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.cross_entropy`."""
    return Code(call("F.cross_entropy", "outputs", "targets", **changed(F.cross_entropy, params)))


losses.add(
    LossEntry(
        name="cross_entropy",
        title="Cross-entropy",
        about="The standard for classes: how surprised the model is by the true class.",
        make=make_cross_entropy,
        code=code,
        formula=r"-\frac1N \sum_n \log \frac{e^{f_{n,y_n}}}{\sum_c e^{f_{n,c}}}",
        gradient=r"\frac{\partial \ell}{\partial f_c} = p_c - t_c,\quad "
        r"t_c = (1 - \varepsilon)\,[c = y] + \varepsilon / C",
        when="The first choice for classes. The slope is the error of the probability itself, so a "
        "model that is surely wrong is pulled hardest. Some label smoothing keeps it from "
        "becoming too sure.",
        over=("margin", "probability"),
        cite="Good, Rational Decisions, J. R. Stat. Soc. B 14 (1952); label smoothing: Szegedy et "
        "al., Rethinking the Inception Architecture, CVPR 2016",
        params=(
            Param(
                "label_smoothing",
                0.0,
                0.0,
                0.5,
                help="The share of the target that is spread evenly over all classes.",
            ),
        ),
        tasks=frozenset({"classification"}),
        outputs=lambda shape: shape.classes,
        probabilities=softmax,
    )
)
