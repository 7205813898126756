"""What training draws anew at each step and an evaluation leaves out: noisy inputs, dropout."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

#: So that a step's draws are none of those of the initial weights, whose seeds lie below.
FIRST_SEED = 1_000_000
#: More steps than a run may have, so that no two steps of two seeds share their draws.
STEPS_APART = 100_000


@dataclass(frozen=True)
class Disturbance:
    """Random disturbances of training, as a pure function of the step.

    Every step has a seed of its own, so that a run in chunks draws what a run in one piece draws,
    and contenders that train together draw the same. First the noise on the inputs is drawn, then
    the masks of dropout, layer by layer, as a plain torch loop draws them after
    ``torch.manual_seed(disturbance.seed_of(step))``.

    How to read it: the recorded loss of a run is the one that the optimizer saw, disturbances
    included, so its curve is rough. Metrics, surfaces and predictions have none of them.

    Args:
        input_noise: Standard deviation of the normal numbers that are added to all inputs.
        dropout: Whether the model's dropout is at work.
        seed: Of the run.
    """

    input_noise: float = 0.0
    dropout: bool = False
    seed: int = 0

    def seed_of(self, step: int) -> int:
        """The seed of what is drawn for the gradient of this step, 0 for the first."""
        return FIRST_SEED + STEPS_APART * self.seed + step

    def generator(self, step: int) -> torch.Generator:
        """A generator that stands where this step's draws begin."""
        return torch.Generator().manual_seed(self.seed_of(step))

    def noisy(self, inputs: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The inputs with this step's noise; drawn from torch's own generator where none is given.

        >>> still = torch.zeros(2, 3)
        >>> Disturbance().noisy(still) is still
        True
        """
        if not self.input_noise:
            return inputs
        drawn = torch.randn(inputs.shape, generator=generator, dtype=inputs.dtype)
        return inputs + self.input_noise * drawn


def mask(like: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """What dropout multiplies with: 0 for the dropped share, 1 / (1 - share) for the others.

    The numbers are those of `torch.nn.functional.dropout`, drawn in the same way.

    Args:
        like: Activations (..., N, H); all of the leading dimensions share one mask.
        share: The probability of 0, below 1.
        generator: Where random numbers come from.
    """
    empty = like.new_empty(like.shape[-2:])
    return empty.bernoulli_(1 - share, generator=generator).div_(1 - share)


def dropout_layers(module: nn.Module) -> list[nn.Dropout]:
    """The layers of a module that drop activations in training."""
    return [child for child in module.modules() if isinstance(child, nn.Dropout) and child.p > 0]
