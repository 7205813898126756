"""Random rotations: a linear layer that keeps every length."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from lossviz.problem.code import filled_by
from lossviz.registry import InitialiserEntry, Param, initialisers


def orthogonal(tensor: Tensor, generator: Generator | None = None, gain: float = 1.0) -> None:
    r"""A random (semi-)orthogonal matrix times $g$."""
    nn.init.orthogonal_(tensor, gain=gain, generator=generator)


initialisers.add(
    InitialiserEntry(
        name="orthogonal",
        title="Orthogonal",
        about="A random rotation, so that no direction is stretched or shrunk at the start.",
        make=orthogonal,
        code=filled_by(nn.init.orthogonal_),
        formula=r"W^\top W = g^2 I \quad\text{or}\quad W W^\top = g^2 I",
        cite="Saxe, McClelland and Ganguli, ICLR 2014",
        params=(Param("gain", 1.0, 0.01, 10.0, "log", help="Factor on all weights."),),
    )
)
