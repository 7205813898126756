"""Named tensors as one vector, and back: the coordinates that planes and optimizers share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

Params = dict[str, Tensor]


@dataclass(frozen=True)
class ParamSpace:
    """The names and shapes of a model's parameters, in order; P is the number of all entries."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, params: Mapping[str, Tensor]) -> ParamSpace:
        """The space of these named tensors."""
        return cls(tuple(params), tuple(tuple(t.shape) for t in params.values()))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of entries of each tensor."""
        return tuple(math.prod(shape) for shape in self.shapes)

    @property
    def size(self) -> int:
        """P, the number of all entries."""
        return sum(self.sizes)

    @property
    def entry_names(self) -> tuple[str, ...]:
        """A name for every entry of a vector.

        >>> ParamSpace(("w", "b"), ((1, 2), ())).entry_names
        ('w[0, 0]', 'w[0, 1]', 'b')
        """
        names: list[str] = []
        for name, shape in zip(self.names, self.shapes, strict=True):
            if all(side == 1 for side in shape):
                names.append(name)
                continue
            for index in itertools.product(*(range(n) for n in shape)):
                names.append(f"{name}[{', '.join(str(i) for i in index)}]")
        return tuple(names)

    def flatten(self, params: Mapping[str, Tensor]) -> Tensor:
        """Named tensors to one vector (P,). Raises ValueError when names or shapes differ."""
        if set(params) != set(self.names):
            raise ValueError(f"Got the parameters {sorted(params)}, expected {sorted(self.names)}.")
        for name, shape in zip(self.names, self.shapes, strict=True):
            if tuple(params[name].shape) != shape:
                raise ValueError(f"{name} has the shape {tuple(params[name].shape)}, not {shape}.")
        return torch.cat([params[name].reshape(-1) for name in self.names])

    def unflatten(self, theta: Tensor) -> Params:
        """Vectors (..., P) to named tensors (..., *shape); views, nothing is copied.

        >>> space = ParamSpace(("w", "b"), ((2, 3), (2,)))
        >>> {k: tuple(v.shape) for k, v in space.unflatten(torch.zeros(5, 8)).items()}
        {'w': (5, 2, 3), 'b': (5, 2)}
        """
        lead = theta.shape[:-1]
        parts = theta.split(self.sizes, dim=-1)
        return {
            name: part.view(lead + shape)
            for name, part, shape in zip(self.names, parts, self.shapes, strict=True)
        }
