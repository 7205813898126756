"""A convolutional network for small images, with and without shortcuts and batch normalisation."""

from __future__ import annotations

from math import isqrt

import torch.nn.functional as F
from torch import Tensor, nn

from lossviz.problem.models.mlp import ACTIVATIONS
from lossviz.registry import ModelEntry, Param, SettingError, Shape, models

#: The sides of an image are halved once, and something must be left.
SMALLEST = 2


class Block(nn.Module):
    """A convolution with its normalisation and activation; added to its input with a shortcut."""

    def __init__(
        self, into: int, width: int, activation: str, batch_norm: bool, skip: bool
    ) -> None:
        super().__init__()
        # The normalisation would take a bias away again.
        self.conv = nn.Conv2d(into, width, 3, padding=1, bias=not batch_norm)
        self.norm = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        self.skip = skip

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, into, H, W) to (N, width, H, W)."""
        found: Tensor = self.activation(self.norm(self.conv(images)))
        return images + found if self.skip else found


class ConvNet(nn.Module):
    """A first convolution, halving, blocks of one width, the mean over all places, a linear layer.

    Args:
        sides: Height and width of the images.
        outputs: The number of outputs.
        depth: The number of blocks after the first convolution.
        width: Channels of every convolution.
        activation: A name in `lossviz.problem.models.mlp.ACTIVATIONS`.
        batch_norm: Whether every convolution is followed by batch normalisation.
        skip: Whether each block is added to its input.
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
    ) -> None:
        super().__init__()
        self.sides = sides
        self.first = Block(1, width, activation, batch_norm, skip=False)
        self.blocks = nn.Sequential(
            *(Block(width, width, activation, batch_norm, skip) for _ in range(depth))
        )
        self.head = nn.Linear(width, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Rows of pixels (N, H W) to outputs (N, C)."""
        images = inputs.unflatten(1, (1, *self.sides))
        hidden = self.blocks(F.avg_pool2d(self.first(images), 2))
        found: Tensor = self.head(hidden.mean((2, 3)))
        return found


def make_cnn(
    inputs: int,
    outputs: int,
    depth: int,
    width: int,
    activation: str,
    batch_norm: bool,
    skip: bool,
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
    return ConvNet((height, broad), outputs, depth, width, activation, batch_norm, skip)


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
        formula=r"h_{\ell+1} = h_\ell + \varphi(\mathrm{BN}(W_\ell * h_\ell)),\quad "
        r"f(x) = W \, \mathrm{mean}(h_L) + b",
        cite="Li, Xu, Taylor, Studer and Goldstein, Visualizing the Loss Landscape of Neural Nets, "
        "NeurIPS 2018; shortcuts: He et al., CVPR 2016; batch normalisation: Ioffe and Szegedy, "
        "ICML 2015",
        params=(
            Param("depth", 4, 1, 24, help="Convolutions after the first one."),
            Param("width", 8, 1, 32, "log", help="Channels of each convolution."),
            Param(
                "activation", "relu", choices=tuple(ACTIVATIONS), help="The bend after each layer."
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
        ),
        refuses=_refuses,
        shaped=True,
    )
)
