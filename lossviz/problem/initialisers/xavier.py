"""Glorot and Bengio's: keep the size of signals in both directions of a tanh network."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from lossviz.problem.code import filled_by
from lossviz.registry import InitialiserEntry, Param, initialisers


def xavier_uniform(tensor: Tensor, generator: Generator | None = None, gain: float = 1.0) -> None:
    r"""Evenly within $g \sqrt{6 / (n_\text{in} + n_\text{out})}$ of zero."""
    nn.init.xavier_uniform_(tensor, gain=gain, generator=generator)


def xavier_normal(tensor: Tensor, generator: Generator | None = None, gain: float = 1.0) -> None:
    r"""Normal with standard deviation $g \sqrt{2 / (n_\text{in} + n_\text{out})}$."""
    nn.init.xavier_normal_(tensor, gain=gain, generator=generator)


_CITE = (
    "Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural "
    "Networks, AISTATS 2010"
)
_GAIN = (
    Param("gain", 1.0, 0.01, 10.0, "log", help="Factor on all weights; 5/3 is usual for tanh."),
)

initialisers.add(
    InitialiserEntry(
        name="xavier_uniform",
        title="Xavier, uniform",
        about="Sized by inputs and outputs so that signals keep their size; for tanh and sigmoid.",
        make=xavier_uniform,
        code=filled_by(nn.init.xavier_uniform_),
        formula=r"W \sim U(-a, a),\quad a = g \sqrt{\tfrac{6}{n_\text{in} + n_\text{out}}}",
        cite=_CITE,
        params=_GAIN,
    )
)
initialisers.add(
    InitialiserEntry(
        name="xavier_normal",
        title="Xavier, normal",
        about="As Xavier uniform, drawn from a normal distribution of the same spread.",
        make=xavier_normal,
        code=filled_by(nn.init.xavier_normal_),
        formula=r"W \sim N(0, s^2),\quad s = g \sqrt{\tfrac{2}{n_\text{in} + n_\text{out}}}",
        cite=_CITE,
        params=_GAIN,
    )
)
