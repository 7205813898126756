"""A model with exactly two parameters, so that its loss surface is no slice but all there is."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from lossviz.registry import Code, ModelEntry, SettingError, Shape, Value, models


def make_two_parameter(inputs: int, outputs: int) -> nn.Linear:
    """Slope and intercept of one input, or one weight for each of two inputs.

    Raises:
        SettingError: For any other width; the message says what to choose.

    >>> sum(p.numel() for p in make_two_parameter(1, 1).parameters())
    2
    >>> sum(p.numel() for p in make_two_parameter(2, 1).parameters())
    2
    """
    reason = _too_wide(inputs) or _too_many(outputs)
    if reason:
        raise SettingError(reason)
    return nn.Linear(inputs, 1, bias=inputs == 1)


def _too_wide(inputs: int) -> str:
    if inputs in (1, 2):
        return ""
    return f"it takes one or two inputs, not {inputs}; choose another data set or the linear model."


def _too_many(outputs: int) -> str:
    if outputs == 1:
        return ""
    return (
        f"it has one output, but {outputs} are asked for; choose two classes and a loss with one "
        "output, such as bce_with_logits, or the linear model."
    )


def _refuses(shape: Shape, outputs: int) -> str:
    return _too_wide(shape.inputs) or _too_many(outputs)


def code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
    """The layer; two inputs leave no room for a constant."""
    return Code("nn.Linear(1, 1)" if shape.inputs == 1 else "nn.Linear(2, 1, bias=False)")


models.add(
    ModelEntry(
        name="two_parameter",
        title="Two parameters",
        about="Slope and intercept, or two weights: the surface shows the whole loss, nothing is "
        "left out.",
        make=make_two_parameter,
        code=code,
        formula=r"f(x) = w x + b \quad\text{or}\quad f(x) = w_1 x_1 + w_2 x_2",
        refuses=_refuses,
    )
)
