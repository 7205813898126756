"""`Shelf`: results that took long, for all sessions, within a bound of number and of size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from lossviz.run import Run

T = TypeVar("T")

#: The bytes that the runs of one page may take for all sessions; a single one needs fewer.
RUNS_BYTES = 2**30


class Shelf(Generic[T]):
    """The last results of one kind; the one that was used longest ago goes first.

    The newest one stays in any case: whoever has just waited for it asks for it next.

    Args:
        most: So many are kept.
        most_bytes: So many bytes together; no bound where it is not given.
        size_of: Gives the bytes of a result.
    """

    def __init__(
        self,
        most: int,
        most_bytes: float = float("inf"),
        size_of: Callable[[T], int] = lambda value: 0,
    ) -> None:
        self._most, self._most_bytes, self._size_of = most, most_bytes, size_of
        self._lock = threading.Lock()
        self._known: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str) -> T | None:
        """What is kept under these settings, or None."""
        with self._lock:
            if key not in self._known:
                return None
            self._known.move_to_end(key)
            return self._known[key]

    def put(self, key: str, value: T) -> None:
        """Keep a result."""
        with self._lock:
            self._known[key] = value
            self._known.move_to_end(key)
            while len(self._known) > 1 and self._full():
                self._known.popitem(last=False)

    def _full(self) -> bool:
        size = sum(map(self._size_of, self._known.values()))
        return len(self._known) > self._most or size > self._most_bytes


def bytes_of(runs: Iterable[Run]) -> int:
    """The bytes of the weights and losses of runs."""
    return sum(run.weights.nbytes + run.loss.nbytes for run in runs)
