"""Linear layers without activations: a linear function with the landscape of a deep network."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from torch import nn

from lossviz.problem.code import stacked
from lossviz.problem.models.common import no_tokens
from lossviz.registry import Code, ModelEntry, Param, Shape, Value, models


def make_deep_linear(inputs: int, outputs: int, depth: int, width: int) -> nn.Sequential:
    """Hidden linear layers of one width, then a linear layer to the outputs."""
    widths = [inputs] + [width] * depth
    hidden = [nn.Linear(a, b) for a, b in pairwise(widths)]
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


def code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
    """The layers, one by one."""
    widths = [shape.inputs, *[params["width"]] * int(params["depth"]), outputs]
    return stacked(f"nn.Linear({a}, {b})" for a, b in pairwise(widths))


models.add(
    ModelEntry(
        name="deep_linear",
        title="Deep linear network",
        about="Can only draw straight lines, yet has saddles, plateaus and ravines like a deep "
        "network.",
        make=make_deep_linear,
        code=code,
        formula=r"f(x) = W_L (\cdots (W_1 x + b_1) \cdots) + b_L",
        cite="Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning "
        "in Deep Linear Neural Networks, ICLR 2014",
        params=(
            Param("depth", 2, 1, 10, help="The number of hidden layers."),
            Param("width", 4, 1, 256, "log", help="Units in each hidden layer."),
        ),
        refuses=no_tokens,
    )
)
