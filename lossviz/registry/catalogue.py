"""`Catalogue`: the entries of one kind by name, and the catalogues that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lossviz.registry.entry import Entry
from lossviz.registry.errors import UnknownNameError
from lossviz.registry.kinds import (
    DatasetEntry,
    FunctionEntry,
    InitialiserEntry,
    LossEntry,
    ModelEntry,
    OptimizerEntry,
    ScheduleEntry,
)

E = TypeVar("E", bound=Entry)


class Catalogue(Generic[E]):
    """The entries of one kind, by name, in the order in which they were added."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, E] = {}

    def add(self, entry: E) -> E:
        """Add an entry and return it.

        Raises:
            ValueError: When the name is taken by something else. The same module and qualified
                name may come again, because Streamlit reloads user modules.
        """
        old = self._entries.get(entry.name)
        if old is not None and _origin(old) != _origin(entry):
            raise ValueError(
                f"The {self.kind} {entry.name!r} is already there, from {_origin(old)}; "
                f"give the one from {_origin(entry)} another name."
            )
        self._entries[entry.name] = entry
        return entry

    def __getitem__(self, name: str) -> E:
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.kind, name, self.names()) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[E]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def names(self) -> tuple[str, ...]:
        """The known names, in order."""
        return tuple(self._entries)


def _origin(entry: Entry) -> str:
    return f"{entry.make.__module__}.{entry.make.__qualname__}"


datasets: Catalogue[DatasetEntry] = Catalogue("data set")
models: Catalogue[ModelEntry] = Catalogue("model")
losses: Catalogue[LossEntry] = Catalogue("loss")
initialisers: Catalogue[InitialiserEntry] = Catalogue("initialiser")
optimizers: Catalogue[OptimizerEntry] = Catalogue("optimizer")
schedules: Catalogue[ScheduleEntry] = Catalogue("schedule")
functions: Catalogue[FunctionEntry] = Catalogue("function")
