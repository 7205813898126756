"""A small decoder-only Transformer: which token comes next?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lossviz.problem.code import call, in_order
from lossviz.registry import Code, ModelEntry, Param, SettingError, Shape, Value, models


class Attention(nn.Module):
    """Every place looks back, at itself and at what stands before it.

    Written out, because torch's fused attention cannot be batched over parameters; the numbers are
    those of ``F.scaled_dot_product_attention(query, key, value, is_causal=True)``.

    Args:
        length: The longest context.
        width: Of each place, a multiple of ``heads``.
        heads: How many attend side by side.
    """

    mask: Tensor

    def __init__(self, length: int, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        ahead = torch.full((length, length), -torch.inf).triu(1)
        self.register_buffer("mask", ahead, persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Places (N, T, width) to (N, T, width)."""
        parts = self.project(hidden).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(-2, -3) for part in parts.unbind(-3))
        scores = query @ key.mT / math.sqrt(query.shape[-1]) + self.mask
        seen = scores.softmax(-1) @ value
        mixed: Tensor = self.mix(seen.transpose(-2, -3).flatten(-2))
        return mixed


class Layer(nn.Module):
    """Attention, then a small network at each place; both normalise first and add to their input.

    Args:
        length, width, heads: As for `Attention`.
    """

    def __init__(self, length: int, width: int, heads: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(length, width, heads)
        self.between = nn.LayerNorm(width)
        self.network = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, hidden: Tensor) -> Tensor:
        """Places (N, T, width) to (N, T, width)."""
        hidden = hidden + self.attention(self.before(hidden))
        found: Tensor = hidden + self.network(self.between(hidden))
        return found


class Transformer(nn.Module):
    """Embeddings of tokens and places, layers, and a linear layer on the last place.

    Args:
        vocabulary: How many different tokens there are.
        length: The context.
        outputs: The number of outputs.
        depth: The number of layers.
        width: Of each place, a multiple of ``heads``.
        heads: Of each attention.
    """

    #: Many at once are no faster in training, and one by one has the same bits for any number.
    row_by_row = True

    def __init__(
        self, vocabulary: int, length: int, outputs: int, depth: int, width: int, heads: int
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(length, width)
        self.layers = nn.Sequential(*(Layer(length, width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, outputs)
        # torch's own spread of 1 would drown what the first layers add.
        nn.init.normal_(self.tokens.weight, std=0.1)
        nn.init.normal_(self.places.weight, std=0.1)

    def hidden(self, inputs: Tensor) -> Tensor:
        """Rows of tokens (N, T), whole numbers in any dtype, to every place (N, T, width)."""
        places = torch.arange(inputs.shape[1], device=inputs.device)
        hidden: Tensor = self.layers(self.tokens(inputs.long()) + self.places(places))
        return hidden

    def forward(self, inputs: Tensor) -> Tensor:
        """Rows of tokens (N, T) to outputs (N, C) for the token after the last one."""
        found: Tensor = self.head(self.norm(self.hidden(inputs)[:, -1]))
        return found


def make_transformer(
    inputs: int, outputs: int, depth: int, width: int, heads: int, shape: Shape | None = None
) -> Transformer:
    """The network for rows of ``inputs`` tokens; without a shape as many tokens as outputs.

    The width is rounded up to a multiple of the heads.

    Raises:
        SettingError: When the inputs are no tokens.
    """
    shape = shape or Shape("classification", inputs, outputs, "tokens", (inputs,), outputs)
    reason = _refuses(shape, outputs)
    if reason:
        raise SettingError(reason)
    width = _rounded(width, heads)
    return Transformer(shape.vocabulary, inputs, outputs, depth, width, heads)


def _code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
    """The classes of this file."""
    heads = int(params["heads"])
    given = {**params, "width": _rounded(int(params["width"]), heads)}
    sizes = (shape.vocabulary, shape.inputs, outputs)
    text = call("Transformer", *map(str, sizes), **in_order(Transformer, given))
    return Code(text, sources=(Transformer,))


def _rounded(width: int, heads: int) -> int:
    """The width, rounded up to a multiple of the heads."""
    return heads * math.ceil(width / heads)


def _refuses(shape: Shape, outputs: int) -> str:
    if shape.kind == "tokens":
        return ""
    return (
        "it reads characters, and these data are numbers; choose the characters of a text, or "
        "another model."
    )


models.add(
    ModelEntry(
        name="transformer",
        title="Transformer",
        about="Each character looks back at those before it: a language model, very small.",
        make=make_transformer,
        code=_code,
        formula=r"h \leftarrow h + \mathrm{softmax}(Q K^\top / \sqrt d + M)\, V,\quad "
        r"h \leftarrow h + W_2\, \varphi(W_1 h)",
        cite="Vaswani et al., Attention Is All You Need, NeurIPS 2017; normalised first: Radford "
        "et al., Language Models are Unsupervised Multitask Learners (2019)",
        params=(
            Param("depth", 1, 1, 4, help="The number of layers."),
            Param("width", 16, 4, 64, "log", help="Numbers that stand for each character."),
            Param("heads", 2, 1, 4, help="Attentions side by side in each layer."),
        ),
        refuses=_refuses,
        shaped=True,
    )
)
