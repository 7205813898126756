"""A convolutional network for small images, with and without shortcuts and batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import torch.nn.functional as F
from torch import Tensor, nn

from lossviz.problem.code import call, in_order, literal
from lossviz.problem.models.mlp import ACTIVATIONS, DROPOUT
from lossviz.registry import Code, ModelEntry, Param, SettingError, Shape, Value, models

#: The sides of an image are halved once, and something must be left.
SMALLEST = 2


class Block(nn.Module):
    """Normalisation, activation, convolution; what comes of it is added to its input, or not.

    The order is that of He and others' second paper: the shortcuts then lead from the first
    convolution to the last mean with nothing in their way.
    """

    def __init__(self, width: int, activation: str, batch_norm: bool, skip: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.skip = skip

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, width, H, W) to images of the same shape."""
        found: Tensor = self.conv(self.activation(self.norm(images)))
        return images + found if self.skip else found


class ConvNet(nn.Module):
    """A first convolution, halving, blocks of one width, the mean over all places, a linear layer.

    Dropout stands before the last layer: over an image neighbours tell what was left out.

    Args:
        sides: Height and width of the images.
        outputs: The number of outputs.
        depth: The number of blocks after the first convolution.
        width: Channels of every convolution.
        activation: A name in `lossviz.problem.models.mlp.ACTIVATIONS`.
        batch_norm: Whether there is batch normalisation before every activation.
        skip: Whether each block is added to its input.
        dropout: The share of the means that training leaves out before the last layer.
    """

    #: Many at once are no faster in training, and one by one has the same bits for any number.
    row_by_row = True

    def __init__(
        self,
        sides: tuple[int, int],
        outputs: int,
        depth: int,
        width: int,
        activation: str,
        batch_norm: bool,
        skip: bool,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.sides = sides
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.Sequential(
            *(Block(width, activation, batch_norm, skip) for _ in range(depth))
        )
        self.norm = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Rows of pixels (N, H W) to outputs (N, C)."""
        images = self.first(inputs.unflatten(1, (1, *self.sides)))
        hidden = self.activation(self.norm(self.blocks(F.avg_pool2d(images, 2))))
        found: Tensor = self.head(self.dropout(hidden.mean((2, 3))))
        return found


def make_cnn(
    inputs: int,
    outputs: int,
    depth: int,
    width: int,
    activation: str,
    batch_norm: bool,
    skip: bool,
    dropout: float = 0.0,
    shape: Shape | None = None,
) -> ConvNet:
    """The network for images of the shape; without a shape for square ones.

    Raises:
        SettingError: When the inputs are no image.
    """
    side = isqrt(inputs)
    if shape is None:
        shape = Shape("regression", inputs, 0, "image" if side**2 == inputs else "features")
    reason = _refuses(shape, outputs)
    if reason:
        raise SettingError(reason)
    height, broad = shape.sides or (side, side)
    return ConvNet((height, broad), outputs, depth, width, activation, batch_norm, skip, dropout)


def code(params: Mapping[str, Value], shape: Shape, outputs: int) -> Code:
    """The classes of this file."""
    side = isqrt(shape.inputs)
    given = (literal(shape.sides or (side, side)), str(outputs))
    text = call("ConvNet", *given, **in_order(ConvNet, params))
    return Code(text, sources=(ConvNet,))


def _refuses(shape: Shape, outputs: int) -> str:
    if shape.kind != "image":
        return (
            "it looks at neighbouring pixels, and these data are no images; choose the digits, or "
            "another model."
        )
    if shape.sides and min(shape.sides) < SMALLEST:
        return f"it takes images of {SMALLEST} by {SMALLEST} pixels or more, not {shape.sides}."
    return ""


models.add(
    ModelEntry(
        name="cnn",
        title="Convolutional network",
        about="Small filters slide over an image; shortcuts and normalisation smooth its surface.",
        make=make_cnn,
        code=code,
        formula=r"h_{\ell+1} = h_\ell + W_\ell * \varphi(\mathrm{BN}(h_\ell)) + b_\ell,\quad "
        r"f(x) = V \, \mathrm{mean}(\varphi(h_L)) + d",
        cite="Li, Xu, Taylor, Studer and Goldstein, Visualizing the Loss Landscape of Neural Nets, "
        "NeurIPS 2018; shortcuts: He et al., Identity Mappings in Deep Residual Networks, ECCV "
        "2016; batch normalisation: Ioffe and Szegedy, "
        "ICML 2015",
        params=(
            Param("depth", 4, 1, 24, help="Convolutions after the first one."),
            Param("width", 8, 1, 32, "log", help="Channels of each convolution."),
            Param(
                "activation", "relu", choices=tuple(ACTIVATIONS), help="The bend before each layer."
            ),
            Param(
                "batch_norm",
                False,
                help="Whether each channel is brought to mean 0 and spread 1 over the batch.",
                title="batch normalisation",
            ),
            Param(
                "skip", True, help="Whether each layer is added to its input.", title="shortcuts"
            ),
            DROPOUT,
        ),
        refuses=_refuses,
        shaped=True,
    )
)
