"""One number everywhere: what goes wrong when all units start alike."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from lossviz.problem.code import call, filled_by
from lossviz.registry import Code, InitialiserEntry, Param, initialisers


def zero(tensor: Tensor, generator: Generator | None = None) -> None:
    """Zero everywhere; draws nothing."""
    nn.init.zeros_(tensor)


def constant(tensor: Tensor, generator: Generator | None = None, value: float = 0.1) -> None:
    """One value everywhere; draws nothing."""
    nn.init.constant_(tensor, value)


initialisers.add(
    InitialiserEntry(
        name="zero",
        title="Zero",
        about="Usual for biases. For weights it never breaks the symmetry: hidden units get the "
        "same gradient, or none.",
        make=zero,
        code=filled_by(nn.init.zeros_),
        formula=r"W = 0",
        for_bias=True,
    )
)
initialisers.add(
    InitialiserEntry(
        name="constant",
        title="Constant",
        about="All alike: hidden units of a layer then stay alike for ever.",
        make=constant,
        code=lambda params: Code(call("nn.init.constant_", "tensor", val=params["value"])),
        formula=r"W = c",
        params=(Param("value", 0.1, -2.0, 2.0, help="The value of every entry."),),
        for_bias=True,
    )
)
