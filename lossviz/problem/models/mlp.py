"""The multi-layer perceptron."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

from torch import nn

from lossviz.problem.code import stacked
from lossviz.problem.models.common import no_tokens
from lossviz.registry import Code, ModelEntry, Param, Shape, Value, models

#: Of the activations that are dropped in training.
DROPOUT = Param(
    "dropout",
    0.0,
    0.0,
    0.9,
    help="Share of the activations that each step of training leaves out, others at random; an "
    "evaluation leaves none out.",
)

#: Names as in `torch.nn.functional`, and the modules that compute them.
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "softplus": nn.Softplus,
    "identity": nn.Identity,
}


def make_mlp(
    inputs: int, outputs: int, depth: int, width: int, activation: str, dropout: float = 0.0
) -> nn.Sequential:
    """Hidden layers of one width with an activation each, dropout if wanted, then a linear layer.

    >>> make_mlp(2, 1, depth=1, width=8, activation="tanh")
    Sequential(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): Tanh()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    """
    layers: dict[str, nn.Module] = {}
    for place, fan_in in enumerate([inputs] + [width] * (depth - 1)):
        layers[f"{2 * place}"] = nn.Linear(fan_in, width)
        layers[f"{2 * place + 1}"] = ACTIVATIONS[activation]()
        if dropout:
            # Under a name of its own: the weights keep theirs, and stay comparable.
            layers[f"{2 * place + 1}_dropout"] = nn.Dropout(dropout)
    return nn.Sequential(OrderedDict(layers) | {f"{2 * depth}": nn.Linear(width, outputs)})


def code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
    """The layers, bends and dropouts, one by one."""
    bend = type(ACTIVATIONS[str(params["activation"])]()).__name__
    layers: list[str] = []
    for fan_in in [shape.inputs] + [int(params["width"])] * (int(params["depth"]) - 1):
        layers += [f"nn.Linear({fan_in}, {params['width']})", f"nn.{bend}()"]
        layers += [f"nn.Dropout({params['dropout']!r})"] if params["dropout"] else []
    return stacked([*layers, f"nn.Linear({params['width']}, {outputs})"])


models.add(
    ModelEntry(
        name="mlp",
        title="Multi-layer perceptron",
        about="Fully connected layers with a bend between them: the smallest real network.",
        make=make_mlp,
        code=code,
        formula=r"f(x) = W_{L} h_{L-1} + b_{L},\quad h_\ell = \varphi(W_\ell h_{\ell-1} + b_\ell)",
        cite="Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating "
        "Errors, Nature 323 (1986)",
        params=(
            Param("depth", 2, 1, 10, help="The number of hidden layers."),
            Param("width", 16, 1, 256, "log", help="Units in each hidden layer."),
            Param(
                "activation", "tanh", choices=tuple(ACTIVATIONS), help="The bend after each layer."
            ),
            DROPOUT,
        ),
        refuses=no_tokens,
    )
)
