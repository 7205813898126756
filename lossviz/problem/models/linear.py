"""One linear layer: linear regression, or logistic regression for classes."""

from __future__ import annotations

from torch import nn

from lossviz.problem.models.common import no_tokens
from lossviz.registry import Code, ModelEntry, models


def make_linear(inputs: int, outputs: int) -> nn.Linear:
    """A weighted sum of the inputs and a constant, for each output."""
    return nn.Linear(inputs, outputs)


models.add(
    ModelEntry(
        name="linear",
        title="Linear or logistic regression",
        about="A weighted sum of the inputs: every usual loss is convex in its weights.",
        make=make_linear,
        code=lambda params, shape, outputs: Code(f"nn.Linear({shape.inputs}, {outputs})"),
        formula=r"f(x) = W x + b",
        refuses=no_tokens,
    )
)
