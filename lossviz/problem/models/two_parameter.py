"""A model with exactly two parameters, so that its loss surface is no slice but all there is."""

from __future__ import annotations

from torch import nn

from lossviz.registry import ModelEntry, SettingError, Shape, models


def make_two_parameter(inputs: int, outputs: int) -> nn.Linear:
    """Slope and intercept of one input, or one weight for each of two inputs.

    Raises:
        SettingError: For any other width; the message says what to choose.

    >>> sum(p.numel() for p in make_two_parameter(1, 1).parameters())
    2
    >>> sum(p.numel() for p in make_two_parameter(2, 1).parameters())
    2
    """
    if outputs != 1:
        raise SettingError(
            f"The two-parameter model has one output, but the loss asks for {outputs}; choose a "
            "loss with one output, such as bce_with_logits for two classes."
        )
    if inputs not in (1, 2):
        raise SettingError(_too_wide(inputs))
    return nn.Linear(inputs, 1, bias=inputs == 1)


def _too_wide(inputs: int) -> str:
    return (
        f"the two-parameter model takes one or two inputs, not {inputs}; choose another data set "
        "or the linear model."
    )


def _refuses(shape: Shape) -> str:
    if shape.inputs not in (1, 2):
        return _too_wide(shape.inputs)
    if shape.classes > 2:
        return (
            f"the two-parameter model tells two classes apart, not {shape.classes}; choose another "
            "data set or the linear model."
        )
    return ""


models.add(
    ModelEntry(
        name="two_parameter",
        title="Two parameters",
        about="Slope and intercept, or two weights: the surface shows the whole loss, nothing is "
        "left out.",
        make=make_two_parameter,
        formula=r"f(x) = w x + b \quad\text{or}\quad f(x) = w_1 x_1 + w_2 x_2",
        refuses=_refuses,
    )
)
