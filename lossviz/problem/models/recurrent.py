"""Recurrent networks: plain, with gates (GRU), and with a memory cell (LSTM).

They are torch's own, parameter for parameter, written with plain operations: torch's fused kernels
cannot be batched over parameters by `torch.func.vmap`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lossviz.problem.code import call, in_order, literal
from lossviz.registry import Code, ModelEntry, Param, SettingError, Shape, Value, models

Cell = Literal["rnn", "gru", "lstm"]
#: What is carried from step to step: hidden (N, H), and the cell (N, H) of an LSTM.
State = tuple[Tensor, ...]


def rnn_step(into: Tensor, back: Tensor, state: State) -> State:
    """A plain unit: the bend of both sums (N, H)."""
    return (torch.tanh(into + back),)


def gru_step(into: Tensor, back: Tensor, state: State) -> State:
    """Gates that reset and keep: of both sums (N, 3 H) the rows are r, z and n, as in torch."""
    (hidden,) = state
    reset_in, keep_in, new_in = into.chunk(3, -1)
    reset_back, keep_back, new_back = back.chunk(3, -1)
    keep = torch.sigmoid(keep_in + keep_back)
    new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_back) * new_back)
    return (new + keep * (hidden - new),)


def lstm_step(into: Tensor, back: Tensor, state: State) -> State:
    """A cell with gates: of both sums (N, 4 H) the rows are i, f, g and o, as in torch."""
    _, cell = state
    write, keep, new, show = (into + back).chunk(4, -1)
    cell = torch.sigmoid(keep) * cell + torch.sigmoid(write) * torch.tanh(new)
    return torch.sigmoid(show) * torch.tanh(cell), cell


#: The number of sums of each unit, of tensors that are carried, and one step.
CELLS: dict[Cell, tuple[int, int, Callable[[Tensor, Tensor, State], State]]] = {
    "rnn": (1, 1, rnn_step),
    "gru": (3, 1, gru_step),
    "lstm": (4, 2, lstm_step),
}


class Recurrent(nn.Module):
    """Layers of one kind of cell, with the parameters of `torch.nn.RNN`, ``GRU`` or ``LSTM``.

    The parameters have torch's names, order, shapes and initial values, so that one's
    ``state_dict`` fits the other.

    Args:
        kind: The cell.
        features: Of each step.
        width: H, the units of each layer.
        layers: The number of layers; each reads what the one before says at every step.
    """

    def __init__(self, kind: Cell, features: int, width: int, layers: int) -> None:
        super().__init__()
        self.kind, self.width, self.layers = kind, width, layers
        sums = CELLS[kind][0] * width
        for layer in range(layers):
            into = features if layer == 0 else width
            for name, shape in (
                ("weight_ih", (sums, into)),
                ("weight_hh", (sums, width)),
                ("bias_ih", (sums,)),
                ("bias_hh", (sums,)),
            ):
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(torch.empty(shape)))
        bound = 1 / math.sqrt(width)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, steps: Tensor) -> Tensor:
        """Steps (N, T, features) to what the last layer says at each of them, (N, T, H)."""
        return torch.stack(self.unrolled(steps), 1)

    def unrolled(self, steps: Tensor) -> tuple[Tensor, ...]:
        """The same as T tensors (N, H), of which each has a gradient of its own."""
        said = steps.unbind(1)
        for layer in range(self.layers):
            said = self._run(layer, said)
        return said

    def _run(self, layer: int, steps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        weight_in, weight_back, bias_in, bias_back = (
            getattr(self, f"{name}_l{layer}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        _, carried, step = CELLS[self.kind]
        state: State = (steps[0].new_zeros(len(steps[0]), self.width),) * carried
        said = []
        for now in steps:
            into = F.linear(now, weight_in, bias_in)
            state = step(into, F.linear(state[0], weight_back, bias_back), state)
            said.append(state[0])
        return tuple(said)


class SequenceNet(nn.Module):
    """Recurrent layers over the steps of a row, and a linear layer on what they say at the end."""

    #: Many at once are no faster in training, and one by one has the same bits for any number.
    row_by_row = True

    def __init__(
        self, kind: Cell, sides: tuple[int, int], outputs: int, width: int, layers: int
    ) -> None:
        super().__init__()
        self.sides = sides
        self.body = Recurrent(kind, sides[1], width, layers)
        self.head = nn.Linear(width, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Rows (N, T features), step by step, to outputs (N, C)."""
        found: Tensor = self.head(self.body(inputs.unflatten(1, self.sides))[:, -1])
        return found


def make_rnn(
    inputs: int, outputs: int, width: int, layers: int, shape: Shape | None = None
) -> SequenceNet:
    """A plain recurrent network; without a shape, each input is a step."""
    return _make("rnn", inputs, outputs, width, layers, shape)


def make_gru(
    inputs: int, outputs: int, width: int, layers: int, shape: Shape | None = None
) -> SequenceNet:
    """Gated recurrent units; without a shape, each input is a step."""
    return _make("gru", inputs, outputs, width, layers, shape)


def make_lstm(
    inputs: int, outputs: int, width: int, layers: int, shape: Shape | None = None
) -> SequenceNet:
    """Long short-term memory; without a shape, each input is a step."""
    return _make("lstm", inputs, outputs, width, layers, shape)


def _make(
    kind: Cell, inputs: int, outputs: int, width: int, layers: int, shape: Shape | None
) -> SequenceNet:
    shape = shape or Shape("regression", inputs, 0, "sequence", (inputs, 1))
    reason = _refuses(shape, outputs)
    if reason:
        raise SettingError(reason)
    length, features = shape.sides
    return SequenceNet(kind, (length, features), outputs, width, layers)


def _code(kind: Cell) -> Callable[[Mapping[str, Value], Shape, int], Code]:
    """The code of a network of one kind of cell: the classes of this file."""

    def code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
        given = (literal(kind), literal(shape.sides), str(outputs))
        text = call("SequenceNet", *given, **in_order(SequenceNet, params))
        return Code(text, sources=(SequenceNet,))

    return code


def _refuses(shape: Shape, outputs: int) -> str:
    if shape.kind == "tokens":
        return (
            "it reads steps of numbers, and these data are characters of a text; choose the "
            "transformer."
        )
    if shape.kind == "features":
        return (
            "it reads a sequence step by step, and these data have no order; choose a data set of "
            "sequences (such as waves), or another model."
        )
    return ""


_PARAMS = (
    Param("width", 16, 1, 64, "log", help="Units in each layer."),
    Param("layers", 1, 1, 3, help="The number of layers."),
)

models.add(
    ModelEntry(
        name="rnn",
        title="Recurrent network",
        about="Reads a sequence step by step and carries what it knows; forgets quickly.",
        make=make_rnn,
        code=_code("rnn"),
        formula=r"h_t = \tanh(W x_t + b + U h_{t-1} + c),\quad f(x) = V h_T + d",
        cite="Elman, Finding Structure in Time, Cognitive Science 14 (1990)",
        params=_PARAMS,
        refuses=_refuses,
        shaped=True,
    )
)
models.add(
    ModelEntry(
        name="gru",
        title="GRU",
        about="A recurrent network with gates that say what is kept and what is new.",
        make=make_gru,
        code=_code("gru"),
        formula=r"h_t = (1 - z_t)\, n_t + z_t\, h_{t-1},\quad "
        r"n_t = \tanh(W x_t + b + r_t (U h_{t-1} + c))",
        cite="Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014",
        params=_PARAMS,
        refuses=_refuses,
        shaped=True,
    )
)
models.add(
    ModelEntry(
        name="lstm",
        title="LSTM",
        about="A recurrent network with a memory cell, so that slopes reach far back.",
        make=make_lstm,
        code=_code("lstm"),
        formula=r"c_t = f_t\, c_{t-1} + i_t\, g_t,\quad h_t = o_t \tanh c_t",
        cite="Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997)",
        params=_PARAMS,
        refuses=_refuses,
        shaped=True,
    )
)
