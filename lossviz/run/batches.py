"""The order in which samples are seen: one shuffle for each epoch, the same for all contenders."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lossviz.problem.problem import Batch


@dataclass(frozen=True, eq=False)
class Place:
    """A place in the order, as plain data.

    Args:
        generator: The state of the generator just before the current epoch was shuffled.
        noise: The state of the generator of the gradient's noise, just before that of the current
            step was drawn.
        start: Where the next batch starts in the epoch.
    """

    generator: Tensor
    noise: Tensor
    start: int = 0


class Batches:
    """The batches of a run: each epoch is shuffled anew, and its last batch may be smaller.

    ``batch_size`` 0, or one of at least the number of samples, gives all samples unshuffled.

    The order is that of ``torch.randperm(samples, generator=g)``, drawn once for each epoch from
    ``g = torch.Generator().manual_seed(seed)``.
    """

    def __init__(self, data: Batch, batch_size: int, place: Place) -> None:
        self.data = data
        self.samples = len(data[0])
        self.batch_size = batch_size
        self.whole = batch_size == 0 or batch_size >= self.samples
        self._generator = torch.Generator()
        self._generator.set_state(place.generator.clone())
        self._start = place.start
        self._place = place
        if not self.whole:
            self._shuffle()

    @staticmethod
    def begin(seed: int) -> Place:
        """The place of the first batch."""
        state = torch.Generator().manual_seed(seed).get_state()
        return Place(state, state)

    @property
    def place(self) -> Place:
        """Where the order stands now."""
        if self.whole:
            return self._place
        return replace(self._place, generator=self._epoch, start=self._start)

    def current(self) -> Batch:
        """The batch at this place."""
        if self.whole:
            return self.data
        chosen = self._order[self._start : self._start + self.batch_size]
        inputs, targets = self.data
        return inputs[chosen], targets[chosen]

    def advance(self) -> None:
        """Go to the next batch."""
        if self.whole:
            return
        self._start += self.batch_size
        if self._start >= self.samples:
            self._start = 0
            self._shuffle()

    def _now(self) -> Tensor:
        return self._generator.get_state()

    def _shuffle(self) -> None:
        self._epoch = self._now()
        self._order = torch.randperm(self.samples, generator=self._generator)
