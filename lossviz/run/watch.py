"""What a watched contender's optimizer remembers, copied after every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

#: By torch's own names: (frames, P) for what has a number for each weight, else (frames,).
Memory = dict[str, Tensor]

#: More weights than this are not watched: every number of every step is kept.
MOST_WATCHED = 64


class Reader:
    """One optimizer's memory as flat tensors, which follow it from step to step.

    Numbers, and tensors with one number for each weight, are read; anything else, such as the
    lists of L-BFGS, is left out.

    Args:
        optimizer: Whose memory is read.
        tensors: What it trains, P numbers in all.
    """

    def __init__(self, optimizer: Optimizer, tensors: Sequence[Parameter]) -> None:
        self.optimizer = optimizer
        self.tensors = tensors
        #: Name to whether there is one number for each weight; names are never forgotten.
        self.wide: dict[str, bool] = {}
        self.read()

    def stale(self) -> bool:
        """Whether the memory has other tensors than before: then it must be read again."""
        if self.moving or len(self.optimizer.state) != self._count:
            return True
        for state, length in self._states:
            if len(state) != length:
                return True
        return any(state[key] is not value for state, key, value in self._known)

    def read(self) -> bool:
        """Find the tensors of the memory; gives whether there are new names."""
        memory = self.optimizer.state
        states = [memory.get(tensor, {}) for tensor in self.tensors]
        self._count = len(memory)
        self._states = [(state, len(state)) for state in states if state]
        self._known = [(state, key, state[key]) for state in states for key in state]
        before = len(self.wide)
        for tensor, state in zip(self.tensors, states, strict=True):
            for key, value in state.items():
                kind = _kind(value, tensor)
                if kind is not None:
                    self.wide[key] = self.wide.get(key, True) and kind
        #: Whether a part had to be copied, so that it does not follow the memory.
        self.moving = False
        self.parts = [part for key in self.wide for part in self._parts(key, states)]
        return len(self.wide) > before

    def _parts(self, key: str, states: Sequence[Mapping[str, Any]]) -> Iterator[Tensor]:
        """The memory of this name, one dimension each; not a number where there is none yet."""
        if not self.wide[key]:
            values = (s[key] for s in states if _is_number(s.get(key)))
            yield self._flat(next(values, torch.nan))
            return
        for tensor, state in zip(self.tensors, states, strict=True):
            value = state.get(key)
            if _kind(value, tensor) is None:
                value = tensor.new_full((tensor.numel(),), torch.nan)
            yield self._flat(value)

    def _flat(self, value: Any) -> Tensor:
        if isinstance(value, Tensor) and value.is_contiguous():
            return value.detach().view(-1)
        self.moving = True
        return torch.as_tensor(value, dtype=torch.float64).detach().reshape(-1)

    def widths(self) -> dict[str, int]:
        """How many numbers there are of each name."""
        size = sum(tensor.numel() for tensor in self.tensors)
        return {key: size if wide else 1 for key, wide in self.wide.items()}


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.dim() == 0
    return isinstance(value, int | float)


def _kind(value: Any, tensor: Tensor) -> bool | None:
    """True for one number for each weight of the tensor, False for one number, else None."""
    if isinstance(value, Tensor) and value.shape == tensor.shape:
        return True
    return False if _is_number(value) else None


class Ledger:
    """The memories of a stack of contenders, one row of a block for each step.

    Args:
        readers: One for each contender.
        length: The rows of the block.
    """

    def __init__(self, readers: Sequence[Reader], length: int) -> None:
        self.readers = readers
        self.length = length
        self._arrange()
        self.block = self._empty()

    def note(self, row: int) -> None:
        """Copy all memories into a row; the rows before it stay."""
        stale = [reader for reader in self.readers if reader.stale()]
        if stale:
            grown = [reader.read() for reader in stale]
            old, block = self.columns, self.block
            self._arrange()
            if any(grown):
                self.block = self._empty()
                self.block[:row] = torch.nan
                for name, columns in old.items():
                    self.block[:row, self.columns[name]] = block[:row, columns]
        if self.parts:
            # All at once: a call for each tensor would take longer than the steps do.
            torch.cat(self.parts, out=self.block[row])

    def rows(self, contender: int, rows: int) -> Memory:
        """A copy of the first rows of one contender."""
        return {
            key: self._shaped(self.block[:rows, self.columns[contender, key]], wide)
            for key, wide in self.readers[contender].wide.items()
        }

    def now(self, contender: int) -> Memory:
        """What one contender remembers now, as one row."""
        reader = self.readers[contender]
        values = torch.cat([torch.empty(0, dtype=torch.float64), *reader.parts])
        split = values.split(list(reader.widths().values())) if reader.wide else ()
        return {
            key: self._shaped(part[None], reader.wide[key])
            for key, part in zip(reader.wide, split, strict=True)
        }

    @staticmethod
    def _shaped(values: Tensor, wide: bool) -> Tensor:
        return (values if wide else values[:, 0]).clone()

    def _arrange(self) -> None:
        self.columns: dict[tuple[int, str], slice] = {}
        self.parts: list[Tensor] = []
        at = 0
        for contender, reader in enumerate(self.readers):
            for key, width in reader.widths().items():
                self.columns[contender, key] = slice(at, at + width)
                at += width
            self.parts += reader.parts
        self.width = at

    def _empty(self) -> Tensor:
        return torch.empty(self.length, self.width, dtype=torch.float64)


def joined(parts: Iterable[tuple[int, Memory]]) -> Memory:
    """Memories of some frames each as one; not a number where a name was not there yet.

    >>> joined([(1, {}), (2, {"step": torch.tensor([1.0, 2.0])})])
    {'step': tensor([nan, 1., 2.], dtype=torch.float64)}
    """
    parts = list(parts)
    shapes = {key: value.shape[1:] for _, memory in parts for key, value in memory.items()}
    return {
        key: torch.cat(
            [
                memory[key].double()
                if key in memory
                else torch.full((count, *shape), torch.nan, dtype=torch.float64)
                for count, memory in parts
            ]
        )
        for key, shape in shapes.items()
    }
