"""A function without any slope: what an optimizer does by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.code import as_it_is
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, functions


def flat(x: Tensor, y: Tensor) -> Tensor:
    """The value 0, with a gradient of exactly 0: only weight decay and noise move a point."""
    return torch.zeros_like(x) * (x + y)


def make_flat() -> Function:
    """The function; it has no options."""
    return flat


functions.add(
    FunctionEntry(
        name="flat",
        title="Nothing at all",
        about="The slope is 0 everywhere, so that weight decay and noise are seen alone.",
        make=make_flat,
        code=as_it_is(flat),
        formula="0",
        domain=lambda params: (-2.0, 2.0, -2.0, 2.0),
        minimum=lambda params: 0.0,
        start=lambda params: (1.0, 1.0),
    )
)
