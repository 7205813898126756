"""The names that a formula may use: variables, constants and functions, and no others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

VARIABLES = ("x", "y")
CONSTANTS = {"pi": math.pi, "e": math.e}

#: What is computed with: a tensor, or a number that is the same everywhere.
Operand = Tensor | float


@dataclass(frozen=True)
class Known:
    """A function that a formula may call.

    Args:
        apply: Elementwise on tensors and differentiable by torch; where there are two arguments,
            one of them may be a plain number.
        arguments: How many it takes.
        latex: Its name in LaTeX.
    """

    apply: Callable[..., Tensor]
    arguments: int
    latex: str


def _tensors(first: Operand, second: Operand) -> tuple[Tensor, Tensor]:
    if not isinstance(first, Tensor):
        first = torch.full_like(second, first)  # type: ignore[arg-type]
    if not isinstance(second, Tensor):
        second = torch.full_like(first, second)
    return first, second


def minimum(first: Operand, second: Operand) -> Tensor:
    """The lesser one; where both are equal each has half of the slope."""
    return torch.minimum(*_tensors(first, second))


def maximum(first: Operand, second: Operand) -> Tensor:
    """The greater one; where both are equal each has half of the slope."""
    return torch.maximum(*_tensors(first, second))


def atan2(y: Operand, x: Operand) -> Tensor:
    """The angle of the point (x, y); its slope at the origin, where there is none, is 0."""
    return torch.atan2(*_tensors(y, x))


def hypot(first: Operand, second: Operand) -> Tensor:
    """The root of the sum of squares, with the slope 0 at its tip, where there is none."""
    first, second = _tensors(first, second)
    at_tip = (first == 0) & (second == 0)
    return torch.where(at_tip, 0.0, torch.hypot(torch.where(at_tip, 1.0, first), second))


def softplus(value: Tensor) -> Tensor:
    """The logarithm of 1 + exp; unlike torch's own it is no straight line from 20 on."""
    return -logsigmoid(-value)


def sqrt(value: Tensor) -> Tensor:
    """The root, with the slope 0 at 0, so that a cone has a slope at its tip."""
    at_zero = value == 0
    return torch.where(at_zero, 0.0, torch.where(at_zero, 1.0, value).sqrt())


def power(base: Operand, exponent: Operand) -> Tensor:
    """The power; an exponent between 0 and 1 has the slope 0 at 0, as `sqrt`.

    An exponent that is a plain number stays one, so that x^2 has its right slope at 0 too.
    """
    if not (isinstance(base, Tensor) and isinstance(exponent, float) and 0 < exponent < 1):
        return torch.pow(base, exponent)  # type: ignore[arg-type]
    at_zero = base == 0
    return torch.where(at_zero, 0.0, torch.where(at_zero, 1.0, base).pow(exponent))


FUNCTIONS: dict[str, Known] = {
    "sin": Known(torch.sin, 1, r"\sin"),
    "cos": Known(torch.cos, 1, r"\cos"),
    "tan": Known(torch.tan, 1, r"\tan"),
    "asin": Known(torch.asin, 1, r"\arcsin"),
    "acos": Known(torch.acos, 1, r"\arccos"),
    "atan": Known(torch.atan, 1, r"\arctan"),
    "sinh": Known(torch.sinh, 1, r"\sinh"),
    "cosh": Known(torch.cosh, 1, r"\cosh"),
    "tanh": Known(torch.tanh, 1, r"\tanh"),
    "exp": Known(torch.exp, 1, r"\exp"),
    "log": Known(torch.log, 1, r"\ln"),
    "log2": Known(torch.log2, 1, r"\log_{2}"),
    "log10": Known(torch.log10, 1, r"\log_{10}"),
    "sqrt": Known(sqrt, 1, r"\sqrt"),
    "abs": Known(torch.abs, 1, r"\operatorname{abs}"),
    "sign": Known(torch.sign, 1, r"\operatorname{sign}"),
    "relu": Known(torch.relu, 1, r"\operatorname{relu}"),
    "sigmoid": Known(torch.sigmoid, 1, r"\sigma"),
    "softplus": Known(softplus, 1, r"\operatorname{softplus}"),
    "min": Known(minimum, 2, r"\min"),
    "max": Known(maximum, 2, r"\max"),
    "atan2": Known(atan2, 2, r"\operatorname{atan2}"),
    "hypot": Known(hypot, 2, r"\operatorname{hypot}"),
}

#: Other spellings.
SAME_AS = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "π": "pi",
}

#: What is left out on purpose, and why.
LEFT_OUT = dict.fromkeys(
    ("floor", "ceil", "round", "mod"), "its steps have the slope 0, so that no way down is seen"
)
