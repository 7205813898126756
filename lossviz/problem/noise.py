"""What makes a gradient differ from the slope of the loss, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from lossviz.registry import Point, SettingError


class Noise(Protocol):
    """What is added to the gradient before each step, the same for all contenders."""

    def draw(self, generator: torch.Generator, step: int) -> Tensor:
        """The numbers (P,) to add, in float64.

        Args:
            generator: Where random numbers come from.
            step: How many steps were taken before, 0 for the first gradient.
        """
        ...


@dataclass(frozen=True)
class GaussianNoise:
    """Independent normal numbers, as the mean of a batch of noisy gradients has them.

    The variance of each coordinate is ``sigma**2 / batch``.

    Args:
        sigma: The standard deviation of one sample's gradient.
        batch: The number of samples in a batch.
        size: P, the number of coordinates.

    Raises:
        SettingError: When sigma is negative or no number, or the batch is empty.

    >>> GaussianNoise(2.0, batch=16).scale
    0.5
    """

    sigma: float
    batch: int = 1
    size: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.sigma < math.inf:
            raise SettingError(f"The noise is {self.sigma}, but must be a number, 0 or more.")
        if self.batch < 1:
            raise SettingError(f"The batch is {self.batch}, but must be 1 or more.")

    @property
    def scale(self) -> float:
        """The standard deviation of each coordinate."""
        return self.sigma / math.sqrt(self.batch)

    def draw(self, generator: torch.Generator, step: int) -> Tensor:
        """The next numbers (P,) of the generator, scaled; the step does not matter."""
        return torch.randn(self.size, generator=generator, dtype=torch.float64) * self.scale


@dataclass(frozen=True)
class Deviation:
    """A rule that says what each step's gradient has beside the slope; nothing is drawn.

    Args:
        rule: ``rule(step)`` gives (dx, dy); the first step is 0.
    """

    rule: Callable[[int], Point]

    def draw(self, generator: torch.Generator, step: int) -> Tensor:
        """What the rule says (2,)."""
        return _as_tensor(*self.rule(step))


@lru_cache(maxsize=256)
def _as_tensor(dx: float, dy: float) -> Tensor:
    # A rule that comes round again, as most do, gets the same tensor; it is only ever added.
    return torch.tensor((dx, dy), dtype=torch.float64)


@dataclass(frozen=True)
class SumOfNoises:
    """Several noises at once, drawn in their order."""

    parts: tuple[Noise, ...]

    def draw(self, generator: torch.Generator, step: int) -> Tensor:
        """The sum (P,) of what each part draws."""
        return torch.stack([part.draw(generator, step) for part in self.parts]).sum(0)
