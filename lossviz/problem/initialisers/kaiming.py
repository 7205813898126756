"""He and others': keep the size of signals in a network of rectifiers."""

from __future__ import annotations

from typing import Literal

from torch import Generator, Tensor, nn

from lossviz.problem.code import filled_by
from lossviz.registry import InitialiserEntry, Param, initialisers

Mode = Literal["fan_in", "fan_out"]
Nonlinearity = Literal["relu", "leaky_relu", "tanh", "sigmoid", "selu", "linear"]


def kaiming_uniform(
    tensor: Tensor,
    generator: Generator | None = None,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "relu",
) -> None:
    r"""Evenly within $g \sqrt{3 / n}$ of zero."""
    nn.init.kaiming_uniform_(tensor, mode=mode, nonlinearity=nonlinearity, generator=generator)


def kaiming_normal(
    tensor: Tensor,
    generator: Generator | None = None,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "relu",
) -> None:
    r"""Normal with standard deviation $g / \sqrt n$."""
    nn.init.kaiming_normal_(tensor, mode=mode, nonlinearity=nonlinearity, generator=generator)


_CITE = "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, ICCV 2015"
_PARAMS = (
    Param(
        "mode",
        "fan_in",
        choices=("fan_in", "fan_out"),
        help="Keep the size of the signals (fan in) or of the gradients (fan out).",
    ),
    Param(
        "nonlinearity",
        "relu",
        choices=("relu", "leaky_relu", "tanh", "sigmoid", "selu", "linear"),
        help="The activation whose shrinking is made up for by the gain g.",
    ),
)

initialisers.add(
    InitialiserEntry(
        name="kaiming_uniform",
        title="Kaiming, uniform",
        about="Sized by the inputs alone, and larger to make up for what a rectifier cuts off.",
        make=kaiming_uniform,
        code=filled_by(nn.init.kaiming_uniform_),
        formula=r"W \sim U(-a, a),\quad a = g \sqrt{\tfrac{3}{n}},\quad g_\text{relu} = \sqrt 2",
        cite=_CITE,
        params=_PARAMS,
    )
)
initialisers.add(
    InitialiserEntry(
        name="kaiming_normal",
        title="Kaiming, normal",
        about="As Kaiming uniform, drawn from a normal distribution of the same spread.",
        make=kaiming_normal,
        code=filled_by(nn.init.kaiming_normal_),
        formula=r"W \sim N(0, s^2),\quad s = \tfrac{g}{\sqrt n},\quad g_\text{relu} = \sqrt 2",
        cite=_CITE,
        params=_PARAMS,
    )
)
