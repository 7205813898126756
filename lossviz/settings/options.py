"""`Options`: the named values of an entry, as a plain value that cannot change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lossviz.registry import Value


class Options(Mapping[str, Value]):
    """A read-only, hashable mapping of option names to plain values.

    >>> Options(lr=0.1, momentum=0.9) == {"momentum": 0.9, "lr": 0.1}
    True
    """

    __slots__ = ("_items",)

    def __init__(self, given: Mapping[str, Value] | None = None, /, **more: Value) -> None:
        self._items = tuple(sorted({**(given or {}), **more}.items()))

    def __getitem__(self, name: str) -> Value:
        for key, value in self._items:
            if key == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self._items) == dict(other)

    def __repr__(self) -> str:
        return repr(dict(self._items))
